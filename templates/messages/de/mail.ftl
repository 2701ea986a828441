# Briefe. Sie sind reiner Text, ohne Tags.

letter-hello = Guten Tag,
letter-hello-name = Guten Tag { $name },
letter-button-fails = Wenn der Knopf nichts tut, öffnen Sie diese Adresse:

invitation-letter-subject = Sie wurden eingeladen
invitation-letter-made = bei { $organisation } ({ $issuer }) wurde ein Konto für Sie angelegt. Wählen Sie ein Passwort, um zu beginnen.
invitation-letter-button = Passwort wählen
invitation-letter-lifetime =
    { $days ->
        [one] Der Link gilt einmal und einen Tag lang.
       *[other] Der Link gilt einmal und { $days } Tage lang.
    }
invitation-letter-unexpected = Sie haben das nicht erwartet? Dann tun Sie nichts: Ohne Sie bleibt das Konto geschlossen.

code-letter-subject = Ihr Code zum Anmelden
code-letter-what = Sie melden sich gerade bei { $client } an. Geben Sie dort diesen Code ein:
code-letter-lifetime =
    { $minutes ->
        [one] Der Code gilt einmal und eine Minute lang.
       *[other] Der Code gilt einmal und { $minutes } Minuten lang.
    }
code-letter-unexpected = Sie melden sich gar nicht an? Dann kennt jemand Ihr Passwort: Ändern Sie es. Wer Sie nach diesem Code fragt, gehört nicht zu uns.

farewell-letter-subject = Ihr Konto ist gelöscht
farewell-letter-gone = Ihr Konto bei { $organisation } ({ $issuer }) ist gelöscht, wie Sie es verlangt haben. Dort ist nichts mehr davon übrig; Apps, die Sie benutzt haben, behalten, was sie selbst gespeichert haben.
farewell-letter-unexpected = Waren Sie es nicht? Wenden Sie sich sofort an die Leute, die diesen Dienst betreiben: Jemand war mit Ihrem Konto angemeldet.
sign-up-letter-subject = Bestätigen Sie Ihre Adresse
sign-up-letter-what = jemand, wahrscheinlich Sie selbst, möchte bei { $organisation } ({ $issuer }) ein Konto mit dieser Adresse anlegen. Drücken Sie den Knopf, um fortzufahren.
sign-up-letter-button = Mein Konto anlegen
sign-up-letter-lifetime = Der Link gilt einmal und 24 Stunden lang.
sign-up-letter-unexpected = Sie waren das nicht? Dann tun Sie nichts: Ohne Sie entsteht kein Konto.

known-letter-subject = Sie haben schon ein Konto
known-letter-what = jemand, wahrscheinlich Sie selbst, wollte bei { $organisation } ({ $issuer }) ein Konto mit dieser Adresse anlegen. Es gibt schon eines: Melden Sie sich damit an. Wenn Sie das Passwort nicht mehr wissen, setzen Sie ein neues.
known-letter-button = Neues Passwort setzen
known-letter-unexpected = Sie waren das nicht? Dann tun Sie nichts: Nichts hat sich geändert.

reset-letter-subject = Neues Passwort setzen
reset-letter-what = jemand, wahrscheinlich Sie selbst, hat für Ihr Konto bei { $organisation } ({ $issuer }) ein neues Passwort angefordert. Drücken Sie den Knopf, um eines zu wählen.
reset-letter-button = Neues Passwort wählen
reset-letter-lifetime = Der Link gilt einmal und eine Stunde lang.
reset-letter-unexpected = Sie waren das nicht? Dann tun Sie nichts: Ihr Passwort bleibt, wie es ist.

through-letter-subject = Ihr Konto braucht kein neues Passwort
through-letter-what = jemand, wahrscheinlich Sie selbst, hat für Ihr Konto bei { $organisation } ({ $issuer }) ein neues Passwort angefordert.
through-letter-way = Es ist keines zu wählen: Sie melden sich über { $provider } an.

new-address-letter-subject = Bestätigen Sie Ihre neue Adresse
new-address-letter-what = jemand, wahrscheinlich Sie selbst, möchte diese Adresse für ein Konto bei { $organisation } ({ $issuer }) benutzen. Drücken Sie den Knopf in dem Browser, in dem Sie angemeldet sind.
new-address-letter-button = Adresse bestätigen
new-address-letter-lifetime = Der Link gilt einmal und 24 Stunden lang.
new-address-letter-unexpected = Sie waren das nicht? Dann tun Sie nichts: Ohne Sie ändert sich nichts.

address-in-use-letter-subject = Nach Ihrer Adresse wurde gefragt
address-in-use-letter-what = jemand, vielleicht Sie selbst, wollte diese Adresse für ein anderes Konto bei { $organisation } ({ $issuer }) benutzen. Sie gehört zu Ihrem Konto, deshalb wurde nichts geändert.
address-in-use-letter-unexpected = Wenn Sie es waren: Ändern Sie zuerst die Adresse dieses Kontos, oder benutzen Sie dieses Konto weiter.

address-changed-letter-subject = Eine Adresse wurde geändert
address-changed-letter-what = ein Konto bei { $organisation } ({ $issuer }), für das diese Adresse eingetragen war, hat jetzt eine andere Adresse.
address-changed-letter-unexpected = Wenn es Ihr Konto war und Sie das nicht wollten, sagen Sie es sofort denen, die den Dienst betreiben.
