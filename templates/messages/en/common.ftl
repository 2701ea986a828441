# What more than one page says: fields, buttons, times, small print.

day =
    { $day } { $month ->
        [1] January
        [2] February
        [3] March
        [4] April
        [5] May
        [6] June
        [7] July
        [8] August
        [9] September
        [10] October
        [11] November
       *[12] December
    } { $year }
moment = { $day }, { $time } UTC

language-choice = Language

field-email = E-mail address
field-password = Password
field-new-password = New password
field-name = Name
field-code = Code

password-hint =
    { $min ->
        [one] At least { $min } character. Several unrelated words make a good one.
       *[other] At least { $min } characters. Several unrelated words make a good one.
    }
password-breached = The password stands in lists of passwords that were stolen elsewhere or are tried first: choose another one, and change it wherever else you use it.
password-strength = Strength { $score } of 4: hard to guess.
password-weak-common = The password is easy to guess (strength { $score } of 4): it is a common password or nearly one; take several words that do not belong together.
password-weak-own = The password is easy to guess (strength { $score } of 4): it holds your name, your address or the name of this place, and hardly anything else; take words that have nothing to do with you.
password-weak-keys = The password is easy to guess (strength { $score } of 4): it follows the rows of the keyboard; take several words that do not belong together.
password-weak-repeats = The password is easy to guess (strength { $score } of 4): it says the same thing again and again; add other words.
password-weak-sequence = The password is easy to guess (strength { $score } of 4): it holds a row such as abcd or 6543; take words in place of it.
password-weak-date = The password is easy to guess (strength { $score } of 4): it holds a date or a year, which are guessed early; take words in place of it.
password-weak-words = The password is easy to guess (strength { $score } of 4): add another word or two; unusual ones are better.
password-too-short =
    { $min ->
        [one] The password is too short: use at least { $min } character; several unrelated words make a good one.
       *[other] The password is too short: use at least { $min } characters; several unrelated words make a good one.
    }
password-too-long = The password is too long: use at most { $max } bytes.
password-is-email = The password must not be the e-mail address: choose another one.
password-is-old = This is the password that has to be changed: choose another one.
email-unusable = This e-mail address cannot be used. Check it for mistakes.
email-taken = There is an account with this address already.
name-unusable = This name cannot be used. Write it in one line, and shorter.

too-many-attempts-seconds =
    { $seconds ->
        [one] Too many attempts. Wait { $seconds } second, then try again.
       *[other] Too many attempts. Wait { $seconds } seconds, then try again.
    }
too-many-attempts-minutes =
    { $minutes ->
        [one] Too many attempts. Wait { $minutes } minute, then try again.
       *[other] Too many attempts. Wait { $minutes } minutes, then try again.
    }

action-cancel = Cancel
action-sign-in = Sign in
action-sign-out = Sign out
action-go-on = Go on

returns-to = You return to { $host }

# Links to what an app says about itself.
papers-about = About { $client }:
papers-website = Website
papers-policy = Privacy policy
papers-terms = Terms

# Before the number under which the server's log has what happened.
reference = Reference

signed-in-now = Signed in just now
signed-in-minutes =
    { $minutes ->
        [one] Signed in a minute ago
       *[other] Signed in { $minutes } minutes ago
    }
signed-in-hours =
    { $hours ->
        [one] Signed in an hour ago
       *[other] Signed in { $hours } hours ago
    }

# Browsers.
browser-unknown = Unknown browser
browser-on-system = { $browser } on { $system }
