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
