# Was auf mehr als einer Seite steht: Felder, Knöpfe, Zeiten, Kleingedrucktes.

day =
    { $day }. { $month ->
        [1] Januar
        [2] Februar
        [3] März
        [4] April
        [5] Mai
        [6] Juni
        [7] Juli
        [8] August
        [9] September
        [10] Oktober
        [11] November
       *[12] Dezember
    } { $year }
moment = { $day }, { $time } Uhr (UTC)

language-choice = Sprache

field-email = E-Mail-Adresse
field-password = Passwort
field-new-password = Neues Passwort
field-name = Name
field-code = Code

password-hint = Mindestens { $min } Zeichen. Gut sind mehrere Wörter, die nichts miteinander zu tun haben.
password-too-short = Das Passwort ist zu kurz: Nehmen Sie mindestens { $min } Zeichen. Gut sind mehrere Wörter, die nichts miteinander zu tun haben.
password-too-long = Das Passwort ist zu lang: Nehmen Sie höchstens { $max } Bytes.
password-is-email = Das Passwort darf nicht die E-Mail-Adresse sein. Wählen Sie ein anderes.
password-is-old = Genau dieses Passwort soll ersetzt werden. Wählen Sie ein anderes.
email-unusable = Diese E-Mail-Adresse lässt sich nicht verwenden. Prüfen Sie, ob sie richtig geschrieben ist.
email-taken = Mit dieser Adresse gibt es schon ein Konto.
name-unusable = Dieser Name lässt sich nicht verwenden. Schreiben Sie ihn kürzer und in eine Zeile.

too-many-attempts-seconds =
    { $seconds ->
        [one] Zu viele Versuche. Warten Sie eine Sekunde und versuchen Sie es dann noch einmal.
       *[other] Zu viele Versuche. Warten Sie { $seconds } Sekunden und versuchen Sie es dann noch einmal.
    }
too-many-attempts-minutes =
    { $minutes ->
        [one] Zu viele Versuche. Warten Sie eine Minute und versuchen Sie es dann noch einmal.
       *[other] Zu viele Versuche. Warten Sie { $minutes } Minuten und versuchen Sie es dann noch einmal.
    }

action-cancel = Abbrechen
action-sign-in = Anmelden
action-sign-out = Abmelden
action-go-on = Weiter

returns-to = Danach geht es zurück zu { $host }

# Links to what an app says about itself.
papers-about = Über { $client }:
papers-website = Website
papers-policy = Datenschutz
papers-terms = Nutzungsbedingungen

# Before the number under which the server's log has what happened.
reference = Vorgangsnummer

signed-in-now = Gerade eben angemeldet
signed-in-minutes =
    { $minutes ->
        [one] Vor einer Minute angemeldet
       *[other] Vor { $minutes } Minuten angemeldet
    }
signed-in-hours =
    { $hours ->
        [one] Vor einer Stunde angemeldet
       *[other] Vor { $hours } Stunden angemeldet
    }
