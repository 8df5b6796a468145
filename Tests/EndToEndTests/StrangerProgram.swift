/// A client in another language, written from docs/protocol.md and nothing else: if it fails, the page or the server is wrong.
///
/// It takes commands, a line each, and prints what it gets, as JSON.
enum StrangerProgram {
    static let source = #"""
        import hashlib, json, os, select, socket, ssl, sys

        host, port, folder, identity = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
        options = sys.argv[5:]


        def say(**event):
            sys.stdout.write(json.dumps(event) + "\n")
            sys.stdout.flush()


        # Numbers and vectors.
        def number(value, width):
            return value.to_bytes(width, "big")

        def vector(content, width):
            return number(len(content), width) + content

        def name(text):
            return vector(text.encode(), 1)

        def identity_of(text):
            user, device = text.split("/")
            return name(user) + name(device)

        class Reader:
            def __init__(self, data):
                self.data, self.at = data, 0

            def take(self, count):
                if self.at + count > len(self.data):
                    raise ValueError("a body is too short")
                self.at += count
                return self.data[self.at - count:self.at]

            def number(self, width):
                return int.from_bytes(self.take(width), "big")

            def vector(self, width):
                return self.take(self.number(width))

            def identity(self):
                return self.vector(1).decode() + "/" + self.vector(1).decode()

            def failure(self):
                return dict(code=self.number(2), retry=self.number(1) == 1, words=self.vector(2).decode())

            def page(self):
                more = self.number(1) == 1
                inner, found = Reader(self.vector(2)), []
                while inner.at < len(inner.data):
                    found.append(inner.identity())
                return dict(more=more, identities=found)


        # Rooms and what a payload holds.
        def room_of(text):
            return hashlib.sha256(b"conclave room v1\0" + text.encode()).digest()[:16]

        def content(text):
            return number(1, 1) + number(1, 1) + vector(text.encode(), 2)

        def text_of(payload):
            reader = Reader(payload)
            if reader.number(1) != 1 or reader.number(1) not in (1, 2):
                return None
            return reader.vector(2).decode()


        # Frames.
        def request(line):
            verb, *words = line.split(" ", 3)
            if verb == "raw":
                return bytes.fromhex("".join(words))
            types = dict(join=1, leave=2, send=3, direct=4, members=5, online=6, ping=7)
            body = number(int(words[0]), 4)
            if verb in ("join", "leave", "send", "members"):
                body += room_of(words[1])
            if verb == "direct":
                body += name(words[1])
            if verb in ("send", "direct"):
                body += vector(content(words[2]), 3)
            if verb == "members":
                body += vector(identity_of(words[2]) if len(words) > 2 else b"", 1)
            if verb == "online":
                body += vector(identity_of(words[1]) if len(words) > 1 else b"", 1)
            return number(len(body) + 1, 4) + number(types[verb], 1) + body

        def show(kind, body):
            reader = Reader(body)
            if kind == 64:
                say(event="greeting", version=reader.number(2), software=reader.vector(1).decode(),
                    you=reader.identity(), time=reader.number(8), maximum=reader.number(4))
            elif kind == 65:
                say(event="joined", request=reader.number(4), room=reader.take(16).hex(), seq=reader.number(8))
            elif kind == 66:
                say(event="left", request=reader.number(4), room=reader.take(16).hex())
            elif kind == 67:
                say(event="accepted", request=reader.number(4), seq=reader.number(8), time=reader.number(8))
            elif kind in (68, 69):
                say(event="members" if kind == 68 else "online", request=reader.number(4), **reader.page())
            elif kind == 70:
                say(event="pong", request=reader.number(4))
            elif kind == 71:
                say(event="failed", request=reader.number(4), **reader.failure())
            elif kind == 80:
                say(event="delivery", room=reader.take(16).hex(), seq=reader.number(8), time=reader.number(8),
                    sender=reader.identity(), text=text_of(reader.vector(3)))
            elif kind == 81:
                say(event="direct", recipient=reader.vector(1).decode(), time=reader.number(8),
                    sender=reader.identity(), text=text_of(reader.vector(3)))
            elif kind == 82:
                say(event="member joined", room=reader.take(16).hex(), member=reader.identity())
            elif kind == 83:
                say(event="member left", room=reader.take(16).hex(), member=reader.identity(),
                    lost=reader.number(1) == 1)
            elif kind == 95:
                say(event="closing", **reader.failure())
            else:
                return
            if reader.at != len(body):
                raise ValueError("a body is too long")


        # The connection.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        if "old-tls" in options:
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
        if "no-alpn" not in options:
            context.set_alpn_protocols(["h2" if "other-alpn" in options else "conclave/1"])
        context.load_verify_locations(folder + "/ca.pem")
        if "no-certificate" not in options:
            context.load_cert_chain(f"{folder}/{identity}.pem", f"{folder}/{identity}.key")

        try:
            plain = socket.create_connection((host, port))
            sock = context.wrap_socket(plain, server_hostname=host, suppress_ragged_eofs=False)
        except (ssl.SSLError, OSError) as error:
            say(event="refused", words=str(error))
            sys.exit(1)

        buffer, commands, greeted, reading = b"", b"", False, True
        try:
            while True:
                ready = [] if reading and sock.pending() else select.select([sock] * reading + [sys.stdin], [], [])[0]
                if sys.stdin in ready:
                    arrived = os.read(0, 65536)
                    if not arrived:
                        break
                    commands += arrived
                    while b"\n" in commands:
                        line, commands = commands.split(b"\n", 1)
                        line = line.decode()
                        if line == "quit":
                            sock.unwrap()
                            sys.exit(0)
                        if line == "abort":
                            os._exit(0)
                        if line in ("deaf", "listen"):
                            reading = line == "listen"
                            continue
                        sock.sendall(request(line))
                    if sock not in ready:
                        continue
                if not reading:
                    continue
                arrived = sock.recv(65536)
                if not arrived:
                    say(event="end", clean=True)
                    break
                buffer += arrived
                while len(buffer) >= 4:
                    length = int.from_bytes(buffer[:4], "big")
                    if not 1 <= length <= 66560:
                        raise ValueError("a frame of a length that is not allowed")
                    if len(buffer) < 4 + length:
                        break
                    greeted = True
                    show(buffer[4], buffer[5:4 + length])
                    buffer = buffer[4 + length:]
        except (ssl.SSLEOFError, ConnectionError) as error:
            say(event="end", clean=False, words=str(error))
        except ssl.SSLError as error:
            say(event="end" if greeted else "refused", clean=False, words=str(error))
        """#
}
