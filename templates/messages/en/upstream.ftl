# Signing in through others.
