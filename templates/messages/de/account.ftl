# Die Seiten, auf denen Menschen ihr Konto pflegen.

own-skip = Zum Inhalt springen
own-menu = Menü
own-areas = Bereiche
own-views = Ansichten
own-crumbs = Wo diese Seite liegt
own-action = Aktion
own-yes = ja
own-no = nein
own-first-page = Erste Seite
own-next-page = Nächste Seite
own-pages = Seiten von { $list }
own-to-overview = Zur Übersicht
own-kept = Es ist noch nichts geschehen, weil Sie bestätigen mussten, dass Sie es sind. Was Sie eingegeben haben, steht wieder da, außer Geheimnissen und Bestätigungen: Sehen Sie es an und senden Sie es noch einmal.
own-refused = Das geht nicht
own-refused-unknown = Hier ist nichts
own-refused-forbidden = Das dürfen Sie nicht
own-refused-stale = Jemand war schneller
own-confirm-title = Bestätigen Sie, dass Sie es sind
own-confirm-too-long = Es ist noch nichts geschehen: Dafür müssen Sie sich eben erst angemeldet haben, und bei Ihnen ist es mehr als fünf Minuten her. Was Sie hier eingegeben haben, ist zu lang, um es aufzuheben. Kopieren Sie es unten, bevor Sie weitergehen.
own-opens-title = Einen Moment
own-opens-console = Die Konsole öffnet sich.
own-opens-account = Ihr Konto öffnet sich.
own-signed-out-title = Abgemeldet
own-signed-out-console = Sie sind von der Konsole abgemeldet
own-signed-out-account = Sie sind von Ihren Kontoseiten abgemeldet
own-signed-out = Die Sitzung ist zu Ende, und nichts wurde geändert.
own-signed-out-advice = Melden Sie sich wieder an und wiederholen Sie, was Sie getan haben.

account-yours = Ihr Konto
account-title = Ihr Konto
account-lead = Pflegen Sie, was hier über Sie bekannt ist, und was es schützt.
account-overview = Übersicht
account-profile = Profil
account-addresses = E-Mail-Adresse
account-password = Passwort
account-factors = Zweiter Faktor
account-sessions = Wo Sie angemeldet sind
account-apps = Verbundene Apps
account-activity = Was geschehen ist
account-data = Ihre Daten

account-save = Speichern
account-saved = Es wurde gespeichert.
account-stale = Seit Sie diese Seite geöffnet haben, hat sich etwas geändert. Sehen Sie es an und senden Sie es noch einmal.
account-not-set = nicht angegeben
account-never = noch nie
account-failed = misslungen
account-confirmed = bestätigt
account-unconfirmed = nicht bestätigt

account-ago-now = gerade eben
account-ago-minutes =
    { $minutes ->
        [one] vor einer Minute
       *[other] vor { $minutes } Minuten
    }
account-ago-hours =
    { $hours ->
        [one] vor einer Stunde
       *[other] vor { $hours } Stunden
    }
account-ago-days =
    { $days ->
        [one] vor einem Tag
       *[other] vor { $days } Tagen
    }

account-head-what = Was
account-head-from = Von wo
account-head-when = Wann
account-head-browser = Browser
account-head-since = Seit
account-head-seen = Zuletzt gesehen
account-head-app = App
account-head-may = Sie darf
account-head-used = Zuletzt benutzt
account-head-kind = Art
account-head-added = Hinzugefügt

account-all-well = Alles in Ordnung: Nichts braucht Ihre Aufmerksamkeit.
account-no-factor = Nur Ihr Passwort schützt dieses Konto. Wer es erfährt, kommt hinein.
account-no-factor-mend = Zweiten Faktor einrichten
account-no-password = Dieses Konto hat weder ein Passwort noch einen eigenen zweiten Faktor.
account-no-password-mend = Passwort wählen
account-few-codes =
    { $left ->
        [0] Sie haben keine Wiederherstellungscodes mehr für den Tag, an dem Sie Ihr Telefon verlieren.
        [one] Sie haben noch einen Wiederherstellungscode für den Tag, an dem Sie Ihr Telefon verlieren.
       *[other] Sie haben noch { $left } Wiederherstellungscodes für den Tag, an dem Sie Ihr Telefon verlieren.
    }
account-few-codes-mend = Neue machen
account-unknown-browser = Am { $at } hat sich jemand von { $address } aus angemeldet, mit einem Browser, der hier nicht bekannt war. Waren Sie es?
account-unknown-browser-mend = Sehen, wo Sie angemeldet sind
account-profile-card = Ihr Name, Ihr Bild, Ihre Sprache
account-password-card = Was Sie zum Anmelden eingeben
account-data-card = Alles mitnehmen, was über Sie gespeichert ist, oder es löschen
account-factors-card = Eine App auf Ihrem Telefon, die bestätigt, dass Sie es sind
account-sessions-card = Browser, in denen Sie angemeldet sind
account-apps-card = Was Apps über Sie wissen und für Sie tun dürfen
account-last = Was zuletzt geschehen ist
account-last-all = Alles, was geschehen ist

account-addresses-lead = Damit melden Sie sich an, und dorthin gehen Briefe über Ihr Konto.
account-address-yours = Ihre Adresse

account-profile-lead = Apps, denen Sie Ihr Profil zeigen, erfahren, was hier steht. Lassen Sie leer, was niemand zu wissen braucht.
account-field-name = Voller Name
account-field-given-name = Vorname
account-field-family-name = Nachname
account-field-nickname = Wie Freunde Sie nennen
account-field-locale = Sprache
account-field-locale-hint = In ihr schreiben wir Ihnen, wenn wir sie sprechen.
account-field-zoneinfo = Zeitzone
account-field-zoneinfo-hint = Zum Beispiel Europe/Zurich.
account-field-date-hint = Jahr, Monat und Tag, zum Beispiel 2026-03-31.
account-field-list-hint = Eines auf jeder Zeile.
account-profile-unusable = Das lässt sich nicht verwenden. Schreiben Sie es auf eine Zeile, mit gewöhnlichen Zeichen, höchstens 200, und in der Form, die daneben steht.

account-picture = Bild
account-picture-alt = Ihr Bild
account-picture-file = Ein Bild von Ihnen
account-picture-hint = PNG, JPEG oder WebP, höchstens 5 MB. Aus der Mitte wird ein kleines Quadrat gemacht; nichts anderes aus der Datei wird aufbewahrt, etwa der Ort der Aufnahme.
account-picture-submit = Dieses Bild verwenden
account-picture-saved = Das ist jetzt Ihr Bild.
account-picture-remove = Bild entfernen
account-picture-removed = Das Bild wurde entfernt.
account-picture-none = Wählen Sie zuerst eine Datei.
account-picture-too-large = Die Datei ist zu groß: Wählen Sie eine von höchstens 5 MB.
account-picture-too-many-pixels = Das Bild hat zu viele Bildpunkte: Wählen Sie eines mit höchstens 25 Millionen.
account-picture-not-one = Das ist kein Bild, das wir lesen können: Wählen Sie eine PNG-, JPEG- oder WebP-Datei.

account-password-lead = Ein neues Passwort meldet Sie überall sonst ab, und Apps müssen Sie wieder fragen.
account-password-lead-none = Sie haben noch kein Passwort. Mit einem können Sie sich anmelden, wenn Ihr anderer Weg versagt.
account-password-old = Bisheriges Passwort
account-password-submit = Passwort ändern
account-password-wrong = Das ist nicht Ihr Passwort. Versuchen Sie es noch einmal.
account-password-changed = Ihr Passwort wurde geändert. Sie sind überall außer hier abgemeldet.

account-factors-lead = Mit einem zweiten Faktor kommt niemand allein mit Ihrem Passwort hinein.
account-factor-lost = Einen verloren? Mit einem Wiederherstellungscode neu anmelden
account-factors-none = Nur Ihr Passwort schützt dieses Konto
account-factors-none-words = Eine Authenticator-App auf Ihrem Telefon zeigt sechs Ziffern, die sich jede halbe Minute ändern. Beim Anmelden geben Sie sie nach dem Passwort ein. Wer das Passwort gestohlen hat, kann dann nichts damit anfangen.
account-factor-add-app = Authenticator-App hinzufügen
account-factor-add-passkey = Passkey hinzufügen
account-passkey-name = Damit Sie ihn wiedererkennen, etwa „Blauer Schlüssel“. Das Feld darf leer bleiben.
account-passkey-none-here = Hier gibt es keine Passkeys: Dieser Dienst hat als Adresse eine Nummer und keinen Namen.
account-factor-app = Authenticator-App
account-factor-passkey = Passkey
account-factor-confirm = Hinzufügen
account-factor-added = Es wurde hinzugefügt. Beim Anmelden werden Sie danach gefragt.
account-factor-rename = Umbenennen
account-factor-remove = Entfernen
account-factor-remove-words = Sie werden nicht mehr danach gefragt. Ist es Ihr letzter, schützt wieder nur das Passwort Ihr Konto, und Ihre Wiederherstellungscodes gelten nicht mehr.
account-factor-removed = Es wurde entfernt.
account-codes = Wiederherstellungscodes
account-codes-words =
    { $left ->
        [0] Sie haben keine mehr. Jeder öffnet Ihr Konto einmal, wenn Ihr Telefon verloren ist.
        [one] Sie haben noch einen. Jeder öffnet Ihr Konto einmal, wenn Ihr Telefon verloren ist.
       *[other] Sie haben noch { $left }. Jeder öffnet Ihr Konto einmal, wenn Ihr Telefon verloren ist.
    }
account-codes-renew = Neue Codes machen
account-codes-renew-words = Die bisherigen Codes gelten nicht mehr, sobald es neue gibt.
account-codes-no-factor = Wiederherstellungscodes vertreten einen zweiten Faktor: Richten Sie zuerst einen ein.

account-sessions-lead = Browser, in denen Sie angemeldet sind. Melden Sie ab, was Sie nicht kennen oder nicht mehr benutzen: Wer dort sitzt, muss sich wieder anmelden.
account-session-this = dieser
account-session-end = Abmelden
account-session-ended = Jener Browser ist abgemeldet.
account-session-gone = Jener Browser war schon abgemeldet.
account-sessions-others = Überall sonst abmelden
account-sessions-others-words = Beendet alle außer dieser Anmeldung.
account-sessions-ended =
    { $count ->
        [0] Sie waren nirgends sonst angemeldet.
        [one] Ein anderer Browser ist abgemeldet.
       *[other] { $count } andere Browser sind abgemeldet.
    }

account-apps-lead = Apps, bei denen Sie sich angemeldet haben, und was jede wissen und tun darf. Eine App, die Sie trennen, muss Sie wieder fragen.
account-apps-none = Keine App ist verbunden
account-apps-none-words = Wenn Sie sich mit diesem Konto bei einer App anmelden, steht sie hier, mit dem, was Sie ihr erlaubt haben, und einem Weg, es zurückzunehmen.
account-app-off = ausgeschaltet
account-app-learns = Wissen: { $claims }
account-app-offline = Weiterarbeiten, während Sie weg sind
account-app-disconnect = Trennen
account-app-disconnected = Die App ist getrennt. Was sie schon weiß, bleibt bei ihr: Verlangen Sie dort, dass es gelöscht wird.
account-app-gone = Die App war schon getrennt.

account-activity-lead = Anmeldungen und Änderungen Ihres Kontos, das Neueste zuerst. Waren Sie etwas davon nicht? Ändern Sie Ihr Passwort und melden Sie sich überall sonst ab.
account-new-browser = unbekannter Browser
account-by-administrator = eine Administratorin oder ein Administrator
event-signed-in = Sie haben sich angemeldet
event-sign-in-failed = Eine Anmeldung wurde abgewiesen
event-session-raised = Sie haben Ihre Anmeldung mit einem zweiten Faktor bestätigt
event-session-ended = Ein Browser wurde abgemeldet
event-sessions-ended = Alle anderen Browser wurden abgemeldet
event-password-changed = Das Passwort wurde geändert
event-password-change-required = Sie wurden gebeten, ein anderes Passwort zu wählen
event-factor-added = Ein zweiter Faktor wurde hinzugefügt
event-factor-removed = Ein zweiter Faktor wurde entfernt
event-factors-removed = Ihre zweiten Faktoren wurden entfernt
event-upstream-link-disabled = Eine verbundene Anmeldung wurde gesperrt
event-upstream-link-enabled = Eine verbundene Anmeldung wurde wieder geöffnet
event-address-change-agreed = Eine Adresse hat einer Adressänderung zugestimmt
event-recovery-codes-renewed = Neue Wiederherstellungscodes wurden gemacht
event-recovery-code-used = Ein Wiederherstellungscode wurde benutzt
event-profile-changed = Sie haben Ihr Profil geändert
event-profile-synced = Ihr Profil wurde durch einen Anbieter aktualisiert, über den Sie sich anmelden
event-picture-set = Sie haben Ihr Bild geändert
event-picture-removed = Das Bild wurde entfernt
event-app-disconnected = Eine App wurde getrennt
event-user-added = Das Konto wurde angelegt
event-user-changed = Das Konto wurde geändert
event-user-disabled = Das Konto wurde gesperrt
event-user-enabled = Das Konto wurde wieder geöffnet
event-user-invited = Sie wurden eingeladen
event-invitation-accepted = Sie haben Ihr erstes Passwort gewählt
event-data-downloaded = Sie haben Ihre Daten mitgenommen
event-other = Etwas anderes

account-data-lead = Alles, was hier über Sie gespeichert ist, dürfen Sie mitnehmen und löschen lassen.
account-download = Daten mitnehmen
account-download-words = Eine Datei mit allem, was über Sie gespeichert ist: Ihr Profil, wo Sie angemeldet sind, Ihre Apps und was geschehen ist. Geheimnisse wie Ihr Passwort stehen nicht darin. Sie ist so geschrieben, dass Programme sie lesen können (JSON).
account-download-submit = Herunterladen
account-delete = Konto löschen
account-delete-words = Ihr Konto, Ihr Profil, Ihr Bild und was Sie Apps erlaubt haben, werden sofort und endgültig gelöscht. Niemand kann sie zurückholen. Apps, die Sie benutzt haben, behalten, was sie selbst gespeichert haben: Fragen Sie jede einzelne. Nur dass ein Konto gelöscht wurde, bleibt in unserem Sicherheitsprotokoll, bis dieses geleert wird.
account-delete-confirm = Geben Sie zur Bestätigung { $email } ein
account-delete-mistyped = Geben Sie Ihre Adresse genau so ein, wie sie dort steht, damit nichts aus Versehen gelöscht wird.
account-delete-submit = Mein Konto endgültig löschen
account-deletion-off = Konten werden hier nur von Administratoren gelöscht. Fragen Sie danach.
account-last-owner = Sie sind die einzige Person, der dieser Anmeldedienst gehört. Geben Sie zuerst jemand anderem diese Rolle.
account-gone = Ihr Konto ist gelöscht
account-gone-words = Hier ist nichts mehr davon übrig.
account-gone-letter = Ein Brief bestätigt es.
