# Zweite Faktoren: einen Code eingeben, eine App einrichten, Wiederherstellungscodes.

second-factor-title = Code eingeben
second-factor-to = weiter zu <strong>{ $client }</strong> als { $email }
second-factor-app-or-recovery = Die sechs Ziffern aus Ihrer Authenticator-App oder einer Ihrer Wiederherstellungscodes.
second-factor-app = Die sechs Ziffern aus Ihrer Authenticator-App.
second-factor-recovery = Einer Ihrer Wiederherstellungscodes.
second-factor-wrong = Dieser Code ist falsch, zu alt oder wurde schon verwendet. Warten Sie auf den nächsten und versuchen Sie es noch einmal.

enrol-title = Zweiten Faktor einrichten
enrol-why = Bevor es zu <strong>{ $client }</strong> weitergeht, muss Ihr Konto durch mehr als ein Passwort geschützt sein.
enrol-confirm = Bestätigen und weiter

app-scan = Öffnen Sie auf Ihrem Telefon eine Authenticator-App (jede, die sechs Ziffern anzeigt) und scannen Sie dieses Bild.
app-picture = Bild mit dem Geheimnis, für die Kamera Ihres Telefons. Dasselbe Geheimnis steht darunter als Text.
app-by-hand = Auf diesem Telefon? <a>Öffnen Sie es in der App</a>, oder tippen Sie dieses Geheimnis ab:
app-enter = Geben Sie den Code ein, den die App anzeigt.

factor-out-of-date = Diese Seite ist veraltet. Beginnen Sie von vorn.
factor-wrong-code = Dieser Code passt nicht. Warten Sie auf den nächsten und prüfen Sie, ob die Uhr Ihres Telefons richtig geht.
factor-too-many = Mehr davon kann es nicht geben. Entfernen Sie zuerst einen anderen.
factor-name = Geben Sie ihm einen Namen mit höchstens 60 Zeichen.
factor-unknown = Das gibt es nicht mehr.

recovery-title = Bewahren Sie diese Codes auf
recovery-what = Jeder öffnet einmal Ihr Konto, wenn Sie Ihr Telefon verloren haben. Drucken Sie die Codes aus oder schreiben Sie sie auf; sie werden nicht noch einmal angezeigt.
recovery-kept = Ich habe sie aufbewahrt
