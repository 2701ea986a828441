# Fehlerseiten: was geschehen ist und was man tun kann. Was eine Entwicklerin braucht, steht darunter, auf Englisch.

error-number = Fehler { $status }
error-request-title = Hier geht es nicht weiter
error-form-title = Dieses Formular ist veraltet
error-details = Für alle, die die App entwickeln oder betreiben
error-tell-support = Fragen Sie <a>{ $support }</a> und nennen Sie diese Vorgangsnummer. Sie führt zu dem, was geschehen ist.
error-tell-administrator = Nennen Sie Ihrer Administration diese Vorgangsnummer. Sie führt zu dem, was geschehen ist.
error-advice = Gehen Sie zurück zur App und versuchen Sie es noch einmal. Wenn es wieder geschieht, nennen Sie den Betreibern der App die Nummer unten.

error-app = Die App hat eine Anfrage geschickt, die sich nicht beantworten lässt. Sie haben nichts falsch gemacht.
error-unknown-app = Diese App ist hier nicht bekannt, oder sie ist abgeschaltet.
error-request-damaged = Dieser Anmeldelink ist beschädigt. Gehen Sie zurück zur App und beginnen Sie von vorn.
error-request-browser = Diese Anmeldung wurde in einem anderen Browser begonnen, oder Cookies sind gesperrt. Beginnen Sie in der App von vorn.
error-request-late = Diese Anmeldung hat zu lange gedauert und ist abgelaufen. Gehen Sie zurück zur App und beginnen Sie von vorn.
error-page-late = Diese Seite ist veraltet. Gehen Sie zurück zur App und melden Sie sich noch einmal an.
error-form = Das Formular ist veraltet oder kam nicht von dieser Seite. Gehen Sie zurück und versuchen Sie es noch einmal.
error-form-foreign = Das Formular wurde von einer anderen Website abgeschickt.
error-invitation = Diese Einladung ist abgelaufen, wurde schon verwendet oder durch eine neuere ersetzt.
error-invitation-advice = Bitten Sie die Person, die Sie eingeladen hat, um eine neue.
error-setup-link = Dieser Einrichtungslink ist abgelaufen oder wurde schon verwendet.
error-setup-link-advice = Wer den Server betreibt, erhält mit dem Befehl vouchsafe admin link einen neuen.
error-not-found = Unter dieser Adresse gibt es nichts.
error-not-found-advice = Prüfen Sie, ob die Adresse richtig geschrieben ist, oder gehen Sie dorthin zurück, woher Sie gekommen sind.

fault-title = Hier ist etwas schiefgegangen
fault-busy-title = Im Moment ist sehr viel los
fault-what = Der Fehler liegt bei uns. Was Sie eingegeben haben, war deshalb nicht falsch.
fault-advice = Versuchen Sie es noch einmal. Wenn es wieder geschieht, nennen Sie Ihrer Administration die Nummer unten.
fault-busy-advice = Warten Sie ein paar Sekunden und versuchen Sie es noch einmal.
