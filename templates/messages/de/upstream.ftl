# Anmelden über andere.

upstream-or = oder
upstream-continue = Weiter mit { $provider }
upstream-linking = <strong>{ $provider }</strong> hat uns gesagt, wer Sie sind, aber noch ist hier kein Konto damit verbunden. Melden Sie sich einmal bei Ihrem Konto hier an: Von da an öffnet es auch { $provider }.
upstream-failed-title = Das hat nicht geklappt
upstream-other-way = Anders anmelden
upstream-from-the-app = Gehen Sie zurück zur App und beginnen Sie von vorn.
upstream-not-begun = Diese Antwort gehört zu keiner Anmeldung, die in diesem Browser begonnen wurde, oder sie wurde schon verwendet.
upstream-closed = Auf diesem Weg kann sich zurzeit niemand anmelden.
upstream-down = { $provider } antwortet gerade nicht. Versuchen Sie es in einer Minute noch einmal, oder melden Sie sich anders an.
upstream-wrong = Was { $provider } geantwortet hat, ließ sich nicht prüfen, und so zählt es nicht. Wenn das wieder geschieht, nennen Sie dem Betreiber dieses Dienstes die Nummer unten.
upstream-denied = { $provider } hat Sie nicht angemeldet, oder Sie haben es sich dort anders überlegt.
upstream-not-fresh = Die App will, dass Sie sich neu ausweisen, und { $provider } sagt nicht, dass Sie noch einmal gefragt wurden. Melden Sie sich anders an.
upstream-shut = Ihr Konto lässt sich mit { $provider } nicht öffnen. Melden Sie sich anders an, oder fragen Sie den Betreiber dieses Dienstes.
upstream-not-allowed = Ihr Konto bei { $provider } gehört nicht zu denen, die auf diesem Weg hereinkommen. Nehmen Sie ein anderes, oder melden Sie sich anders an.

account-connections = Anmelden über andere
account-connections-lead = Konten anderswo, die Ihr Konto hier öffnen. Um eines hinzuzufügen, melden Sie sich ab und drücken auf der Anmeldeseite seinen Knopf: Sie werden einmal gebeten, sich auch hier anzumelden.
account-connections-none = Kein anderes Konto ist verbunden
account-connections-none-words = Wenn auf der Anmeldeseite ein Knopf wie „Weiter mit Google“ steht, drücken Sie ihn und melden sich dann einmal hier an: Von da an öffnet der Knopf dieses Konto.
account-connection-off = zurzeit nicht benutzbar
account-connection-unlink = Trennen
account-connection-unlinked = Es ist getrennt: Es öffnet Ihr Konto nicht mehr.
account-connection-gone = Es war schon getrennt.
account-connection-last = Das ist der einzige Weg in Ihr Konto. Legen Sie erst ein Passwort fest, dann können Sie es trennen.
account-head-provider = Wo
account-head-there = Ihr Name dort
event-upstream-linked = Ein Konto anderswo wurde verbunden
event-upstream-unlinked = Ein Konto anderswo wurde getrennt
