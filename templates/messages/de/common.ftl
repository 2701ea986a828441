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
password-breached = Das Passwort steht in Listen von Passwörtern, die anderswo gestohlen wurden oder zuerst ausprobiert werden: Wählen Sie ein anderes, und ändern Sie es überall, wo Sie es noch benutzen.
password-strength = Stärke { $score } von 4: schwer zu erraten.
password-weak-common = Das Passwort ist leicht zu erraten (Stärke { $score } von 4): es ist ein häufiges Passwort oder beinahe eines; nehmen Sie mehrere Wörter, die nichts miteinander zu tun haben.
password-weak-own = Das Passwort ist leicht zu erraten (Stärke { $score } von 4): es enthält Ihren Namen, Ihre Adresse oder den Namen dieses Dienstes und kaum etwas anderes; nehmen Sie Wörter, die nichts mit Ihnen zu tun haben.
password-weak-keys = Das Passwort ist leicht zu erraten (Stärke { $score } von 4): es folgt den Reihen der Tastatur; nehmen Sie mehrere Wörter, die nichts miteinander zu tun haben.
password-weak-repeats = Das Passwort ist leicht zu erraten (Stärke { $score } von 4): es wiederholt immer dasselbe; fügen Sie andere Wörter hinzu.
password-weak-sequence = Das Passwort ist leicht zu erraten (Stärke { $score } von 4): es enthält eine Reihe wie abcd oder 6543; nehmen Sie stattdessen Wörter.
password-weak-date = Das Passwort ist leicht zu erraten (Stärke { $score } von 4): es enthält ein Datum oder ein Jahr, die früh erraten werden; nehmen Sie stattdessen Wörter.
password-weak-words = Das Passwort ist leicht zu erraten (Stärke { $score } von 4): fügen Sie noch ein Wort oder zwei hinzu; ungewöhnliche sind besser.
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

# Browsers.
browser-unknown = Unbekannter Browser
browser-on-system = { $browser } unter { $system }
