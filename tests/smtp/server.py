"""An SMTP server that we did not write (aiosmtpd), for tests/it/smtp.rs.

Reads its orders from the command line as JSON:

    {"tls": "implicit" | "starttls" | "none", "cert": …, "key": …, "user": …, "password": …, "answers": [ … ]}

`answers` says what comes of each letter in turn: "ok", "drop" (the connection ends after the letter, without an answer),
"slow:SECONDS", or an answer such as "451 later". When they are used up, all is well. Prints its port, and each letter that it
took as a line of JSON.
"""

import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    def __init__(self, orders):
        self.answers = list(orders["answers"])
        self.server = None

    async def handle_DATA(self, server, session, envelope):
        answer = self.answers.pop(0) if self.answers else "ok"
        if answer == "drop":
            server.transport.abort()
            return "421 gone"
        if answer.startswith("slow:"):
            await asyncio.sleep(float(answer.split(":")[1]))
            answer = "ok"
        if answer != "ok":
            return answer
        login = session.auth_data.decode() if session.auth_data else None
        letter = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "encrypted": server.transport.get_extra_info("ssl_object") is not None,
            "login": login,
            "text": envelope.content.decode("utf-8", "replace"),
        }
        print(json.dumps(letter), flush=True)
        return "250 taken"


def main():
    orders = json.loads(sys.argv[1])
    context = None
    if orders["tls"] != "none":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(orders["cert"], orders["key"])

    def authenticate(server, session, envelope, mechanism, data):
        good = data.login == orders["user"].encode() and data.password == orders["password"].encode()
        return AuthResult(success=good, handled=False, auth_data=data.login)

    handler = Handler(orders)
    starttls = orders["tls"] == "starttls"

    def session():
        return SMTP(
            handler,
            hostname="mail.test",
            tls_context=context if starttls else None,
            require_starttls=starttls,
            authenticator=authenticate if orders["user"] else None,
            auth_required=bool(orders["user"]),
            auth_require_tls=starttls,
        )

    async def serve():
        inner = context if orders["tls"] == "implicit" else None
        server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0, ssl=inner)
        print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
        # Ends with whoever started it.
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

    asyncio.run(serve())


main()
