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

farewell-letter-subject = Ihr Konto ist gelöscht
farewell-letter-gone = Ihr Konto bei { $organisation } ({ $issuer }) ist gelöscht, wie Sie es verlangt haben. Dort ist nichts mehr davon übrig; Apps, die Sie benutzt haben, behalten, was sie selbst gespeichert haben.
farewell-letter-unexpected = Waren Sie es nicht? Wenden Sie sich sofort an die Leute, die diesen Dienst betreiben: Jemand war mit Ihrem Konto angemeldet.
