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
