# Briefe darüber, was mit einem Konto geschah, und die Seite hinter ihrem Link. Briefe sind reiner Text, ohne Tags.

notice-when = Wann: { $when }
notice-where = Von: { $address }, { $browser }
notice-was-it-you = Waren Sie es? Dann ist nichts zu tun. Wenn nicht, drücken Sie den Knopf: Sie sehen zuerst, was geschehen wird.
notice-by-administrator = Das hat die Verwaltung von { $organisation } getan. Hat das niemand mit Ihnen abgesprochen, dann fragen Sie dort nach, bevor Sie sich wieder anmelden: Jemand könnte sich für Sie ausgegeben haben.
notice-agree = Waren Sie das? Dann drücken Sie den zweiten Knopf, in einem Browser, in dem Sie angemeldet sind: Die Änderung wartet darauf. Wenn nicht, drücken Sie den ersten: Sie sehen vorher, was dann geschieht.
notice-button = Das war ich nicht
notice-agree-button = Der Änderung zustimmen
notice-lifetime =
    { $days ->
        [one] Der Link gilt einmal und einen Tag lang.
       *[other] Der Link gilt einmal und { $days } Tage lang.
    }
notice-why = Dieser Brief geht an die Adresse Ihres Kontos bei { $issuer }.

notice-new-device-subject = Neue Anmeldung an Ihrem Konto
notice-new-device = jemand hat sich an Ihrem Konto bei { $organisation } auf einem Gerät angemeldet, das dafür bisher nicht benutzt wurde.
notice-factor-added-subject = Ein Anmeldeweg kam hinzu
notice-factor-added = bei Ihrem Konto bei { $organisation } kam ein Weg hinzu, sich auszuweisen: { $name }.
notice-factor-removed-subject = Ein Anmeldeweg wurde entfernt
notice-factor-removed = bei Ihrem Konto bei { $organisation } wurde ein Weg entfernt, sich auszuweisen: { $name }.
notice-password-changed-subject = Ihr Passwort wurde geändert
notice-password-changed = das Passwort Ihres Kontos bei { $organisation } wurde geändert.
notice-password-reset-subject = Ihr Passwort wurde neu gesetzt
notice-password-reset = das Passwort Ihres Kontos bei { $organisation } wurde mit einem Link neu gesetzt, den wir Ihnen geschickt haben.
notice-password-known-subject = Jemand kennt vielleicht Ihr Passwort
notice-password-known = jemand hat das Passwort Ihres Kontos bei { $organisation } auf einem neuen Gerät eingegeben, aus einem Netz, aus dem gerade viele Konten ausprobiert werden. Die Anmeldung wurde nicht zugelassen. Waren Sie es, dann melden Sie sich auf einem Gerät an, das Sie schon benutzt haben, oder warten Sie eine Stunde; ein zweiter Faktor erspart Ihnen das.
notice-address-changed-subject = Ihre Adresse wurde geändert
notice-address-changed = Ihr Konto bei { $organisation } hat jetzt eine andere E-Mail-Adresse. Dieser Brief geht an die alte.
notice-address-asked-subject = Eine andere Adresse wurde gewünscht
notice-address-asked = jemand, der bei Ihrem Konto bei { $organisation } angemeldet ist, möchte dessen E-Mail-Adresse in { $name } ändern. Noch hat sich nichts geändert: Das geschieht, wenn beide Adressen zugestimmt haben, jene und diese.
notice-codes-renewed-subject = Sie haben neue Wiederherstellungscodes
notice-codes-renewed = für Ihr Konto bei { $organisation } wurden neue Wiederherstellungscodes gemacht. Die alten gelten nicht mehr.
notice-code-used-subject = Ein Wiederherstellungscode wurde benutzt
notice-code-used = jemand hat sich an Ihrem Konto bei { $organisation } mit einem Ihrer Wiederherstellungscodes angemeldet.
notice-token-reused-subject = Eine App wurde zu Ihrer Sicherheit abgemeldet
notice-token-reused = die App { $name } wurde von Ihrem Konto bei { $organisation } abgemeldet: Ein Schlüssel, den sie einmal benutzen darf, wurde zweimal benutzt. Vielleicht hat ihn jemand von einem Ihrer Geräte kopiert; eine fehlerhafte App tut dasselbe. Um die App wieder zu benutzen, melden Sie sich dort neu an.
notice-upstream-linked-subject = Eine Anmeldung wurde verbunden
notice-upstream-linked = Ihr Konto bei { $organisation } lässt sich ab jetzt mit einem Konto bei { $name } öffnen.
notice-upstream-linked-account = Ihr Konto bei { $organisation } lässt sich ab jetzt mit einem Konto bei { $name } öffnen: dem von { $account }.
notice-upstream-unlinked-subject = Eine Anmeldung wurde getrennt
notice-upstream-unlinked = Ihr Konto bei { $organisation } lässt sich nicht mehr mit dem Konto bei { $name } öffnen.

not-me-letter-subject = Wählen Sie ein neues Passwort
not-me-letter-why = Sie haben uns gesagt, dass etwas an Ihrem Konto bei { $organisation } nicht von Ihnen war. Alle sind dort abgemeldet, und das alte Passwort gilt nicht mehr. Wählen Sie ein neues, um weiterzumachen; eines, das Sie sonst nirgends benutzen.

not-me-title = Das war ich nicht
not-me-heading = Das waren nicht Sie?
not-me-what = Am Konto von { $email } geschah etwas, am { $when }. Waren Sie es nicht, drücken Sie den Knopf. Noch ist nichts geschehen.
not-me-sessions = Alle werden von Ihrem Konto abgemeldet, auf allen Geräten und in allen Apps.
not-me-password = Das Passwort gilt nicht mehr. Sie bekommen einen Brief mit einem Link, um ein neues zu wählen.
not-me-address = Ihr Konto geht zurück an die Adresse { $address }.
not-me-removes = Wird entfernt, weil es danach hinzukam: { $name }.
not-me-keeps = Kam vor Kurzem hinzu, bleibt aber, weil kein älterer zweiter Faktor da ist: { $name }.
not-me-button = Das war ich nicht: alles schließen
not-me-was-you = Waren Sie es doch? Dann schließen Sie diese Seite: Es ist nichts zu tun.
not-me-done = Ihr Konto ist für alle anderen geschlossen
not-me-done-letter = Alle sind dort abgemeldet, und das alte Passwort gilt nicht mehr. Wir haben einen Brief an { $email } geschickt: Mit seinem Link wählen Sie ein neues Passwort. Nehmen Sie eines, das Sie sonst nirgends benutzen.
not-me-done-removed = Entfernt: { $name }.
not-me-done-kept = Kam vor Kurzem hinzu und wird weiter verlangt: { $name }. Gehört es nicht Ihnen, bitten Sie den Betreiber dieses Dienstes, es zu entfernen: Vorher können Sie sich nicht anmelden.
not-me-done-mailbox = Sehen Sie dann nach dem E-Mail-Konto selbst: Ändern Sie auch dessen Passwort, falls jemand anders Ihre Post lesen kann.
error-not-me = Dieser Link ist abgelaufen, wurde schon benutzt, oder ein anderer hat ihn ungültig gemacht.
error-not-me-advice = Sehen Sie noch etwas Seltsames, ändern Sie Ihr Passwort, oder fragen Sie den Betreiber dieses Dienstes.
