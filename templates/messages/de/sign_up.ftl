# Wie ein Konto beginnt: die erste Administratorin, Einladungen, Registrierung.

setup-title = Vouchsafe einrichten
setup-what = Legen Sie das erste Administrationskonto an. Dieser Link gilt einmal.
setup-create = Administrationskonto anlegen
setup-owner-exists = Es gibt schon ein Eigentümerkonto. Melden Sie sich damit an.

invitation-title = Passwort wählen
invitation-welcome = Willkommen
invitation-what = Sie wurden eingeladen. Wählen Sie ein Passwort für Ihr Konto. Dieser Link gilt einmal.
invitation-set = Passwort setzen
invitation-done = Ihr Passwort ist gesetzt
invitation-done-next = Gehen Sie zu der App, in die Sie eingeladen wurden, und melden Sie sich dort als { $email } an. Diese Seite können Sie schließen.

sign-up-title = Konto anlegen
sign-up-hint = Wir schicken Ihnen eine E-Mail mit einem Link, um zu sehen, dass die Adresse Ihre ist.
sign-up-hint-domains = Wir schicken Ihnen eine E-Mail mit einem Link, um zu sehen, dass die Adresse Ihre ist. Möglich sind Adressen dieser Domains: { $domains }.
sign-up-ask = E-Mail schicken
sign-up-sign-in = Ich habe ein Konto: anmelden
sign-up-closed-title = Hier werden keine Konten angelegt
sign-up-closed = Hier kann sich niemand selbst ein Konto anlegen. Fragen Sie die Betreiber der App, die Sie nutzen möchten.
sign-up-by-invitation = Konten gibt es auf Einladung. Bitten Sie die Betreiber der App, die Sie nutzen möchten, Sie einzuladen.
sign-up-ask-support = Sie können auch <a>{ $support }</a> fragen.
sign-up-domain = Adressen dieser Domain sind hier nicht möglich. Nehmen Sie eine von denen, die unten genannt sind.
sign-up-through = Mit dieser Adresse meldet man sich über { $provider } an. Hier ist nichts anzulegen.

letter-sent-title = Sehen Sie in Ihre E-Mails
# Dasselbe, ob es ein Konto gibt oder nicht.
letter-sent-sign-up = Wir haben eine E-Mail an { $email } geschickt. Öffnen Sie den Link darin, um fortzufahren. Er gilt 24 Stunden lang.
letter-sent-reset = Wenn es ein Konto für { $email } gibt, ist eine E-Mail dorthin unterwegs. Öffnen Sie den Link darin, um ein neues Passwort zu setzen. Er gilt eine Stunde lang.
letter-sent-missing = Nichts angekommen? Schauen Sie in den Ordner für unerwünschte Post und prüfen Sie die Adresse auf Fehler. Es kann ein paar Minuten dauern.
letter-sent-again = Noch einmal versuchen

sign-up-link-title = Willkommen
sign-up-link-what = Ihre Adresse ist bestätigt. Noch ein Schritt, dann ist Ihr Konto bereit.
sign-up-link-make = Konto anlegen
sign-up-done-title = Ihr Konto ist bereit
sign-up-done-next = Sie sind als { $email } angemeldet. Gehen Sie zurück zu der App, von der Sie kamen, und melden Sie sich dort an.
sign-up-done-account = Zu Ihrem Konto

terms-accept = Ich stimme den <a>Nutzungsbedingungen</a> zu.
terms-unaccepted = Stimmen Sie den Nutzungsbedingungen zu, um fortzufahren. Wenn sie sich gerade geändert haben, lesen Sie sie noch einmal.
terms-title = Bitte stimmen Sie den Nutzungsbedingungen zu
terms-read = Lesen Sie die <a>Nutzungsbedingungen</a> und stimmen Sie ihnen zu, um fortzufahren.
terms-go-on = Zustimmen und weiter
privacy-read = Wie mit Ihren Daten umgegangen wird, steht in der <a>Datenschutzerklärung</a>.

sign-in-forgot = Passwort vergessen?
sign-in-no-account = Konto anlegen

lost-password-link-title = Passwort vergessen?
lost-password-what = Geben Sie die Adresse Ihres Kontos ein. Wenn es eines gibt, schicken wir eine E-Mail mit einem Link, um ein neues Passwort zu setzen.
lost-password-off = Von hier werden keine E-Mails verschickt. Bitten Sie die Administration um ein neues Passwort.
lost-password-ask = E-Mail schicken
lost-password-back = Zurück
lost-password-factor-lost = Auch den zweiten Faktor verloren?
lost-password-factor-what = Ein neues Passwort ersetzt nicht Ihren zweiten Faktor: Sie werden beim Anmelden danach gefragt. Nehmen Sie einen der Wiederherstellungscodes, die Sie beim Einrichten bekommen haben. Wenn keiner übrig ist, kann die Administration den Faktor entfernen; sagen Sie es persönlich oder auf einem anderen Weg, der zeigt, wer Sie sind.
lost-password-set-title = Neues Passwort setzen
lost-password-set-what = Sie werden überall abgemeldet und melden sich mit dem neuen Passwort an. Dieser Link gilt einmal.
lost-password-done-title = Ihr Passwort ist gesetzt
lost-password-done-what = Sie wurden überall abgemeldet. Melden Sie sich mit dem neuen Passwort an; wenn Sie einen zweiten Faktor haben, werden Sie danach gefragt.
lost-password-done-next = Gehen Sie zurück zu der App, die Sie nutzen möchten, und melden Sie sich dort als { $email } an.

new-address-title = Adresse ändern
new-address-what = Von nun an melden Sie sich mit { $new } an, und E-Mails gehen dorthin. Bisher ist es { $old }.
new-address-confirm = Adresse ändern
new-address-old-title = Einer anderen Adresse zustimmen
new-address-old-what = Ihr Konto soll statt { $old } die Adresse { $new } bekommen. Sie ändert sich, sobald beide Adressen zugestimmt haben.
new-address-agree = Zustimmen
new-address-waits = Eine von zweien ist fertig
new-address-waits-what = Diese Adresse hat zugestimmt. Öffnen Sie nun den Link in der E-Mail an { $other }: Dann ändert sich die Adresse. Wenn Sie jenes Postfach nicht mehr lesen können, kann die Administration Ihre Adresse ändern.
new-address-not-yours = Sie haben das nicht gewollt? Dann schließen Sie diese Seite: Nichts hat sich geändert.
new-address-done = Ihre Adresse ist geändert
new-address-done-what = Sie melden sich ab jetzt mit { $new } an. Wir haben es { $old } mitgeteilt.
new-address-not-signed-in = Melden Sie sich in diesem Browser bei dem Konto an, dessen Adresse sich ändern soll. Öffnen Sie dann den Link in der E-Mail noch einmal.
new-address-taken = Ein anderes Konto hat inzwischen diese Adresse. Ihre Adresse bleibt, wie sie war.

error-link = Dieser Link ist abgelaufen, wurde benutzt oder durch einen neueren ersetzt.
error-link-advice = Gehen Sie dorthin zurück, wo Sie ihn angefordert haben, und fordern Sie einen neuen an.
error-address-taken-advice = Melden Sie sich damit an. Wenn Sie das Passwort nicht mehr wissen, lassen Sie es neu setzen.

change-address-new = Neue Adresse
change-address-old = Alte Adresse
change-address-agreed = hat zugestimmt
change-address-waits = wartet auf Bestätigung
change-address-under-way = Änderung unterwegs
change-address-open = Öffnen Sie den Link in der E-Mail, die dorthin ging, in einem Browser, in dem Sie angemeldet sind. Er gilt 24 Stunden lang.
change-address-open-both = Beide Adressen haben eine E-Mail bekommen. Öffnen Sie den Link in jeder von ihnen, in einem Browser, in dem Sie angemeldet sind. Sie gelten 24 Stunden lang. Wenn Sie das alte Postfach nicht mehr lesen können, bitten Sie die Administration, Ihre Adresse zu ändern.
change-address-withdraw = Änderung aufgeben
change-address-withdrawn = Die Änderung wurde aufgegeben. Ihre Adresse bleibt, wie sie ist.
change-address-what = Wir schicken eine E-Mail an die neue Adresse. Nichts ändert sich, bis Sie deren Link öffnen.
change-address-both = Wir schicken eine E-Mail an die neue Adresse und eine an die alte. Nichts ändert sich, bis Sie den Link in jeder von ihnen geöffnet haben.
change-address-sent = Die E-Mails sind unterwegs. Öffnen Sie die Links darin, um die Änderung zu bestätigen.
change-address-off = Von hier werden keine E-Mails verschickt. Bitten Sie die Administration, Ihre Adresse zu ändern.
change-address-same = Das ist schon Ihre Adresse.
change-address-domain = Adressen dieser Domain sind hier nicht möglich.
change-address-through = Wer diese Adresse hat, meldet sich mit { $provider } an. Bitten Sie die Administration, sie zu ändern.

factor-lost = Telefon verloren?
factor-lost-what = Nehmen Sie einen der Wiederherstellungscodes, die Sie beim Einrichten des zweiten Faktors bekommen haben. Wenn keiner übrig ist, kann die Administration den Faktor entfernen; sagen Sie es persönlich oder auf einem anderen Weg, der zeigt, wer Sie sind.
