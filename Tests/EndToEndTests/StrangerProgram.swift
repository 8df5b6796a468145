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


        # Rooms, and what MLS makes. The stranger has no MLS: the server cannot tell ciphertext from anything else.
        def room_of(text):
            return hashlib.sha256(b"conclave room v1\0" + text.encode()).digest()[:16]

        def variable(content):
            if len(content) < 64:
                return number(len(content), 1) + content
            if len(content) < 16384:
                return number(0x4000 | len(content), 2) + content
            return number(0x80000000 | len(content), 4) + content

        def private_message(room, epoch, content_type, ciphertext):
            return (number(1, 2) + number(2, 2) + variable(room) + number(epoch, 8) + number(content_type, 1)
                    + variable(b"") + variable(bytes(16)) + variable(ciphertext))

        def text_of(payload):
            # Behind version, form, group, epoch, type, data and sender data.
            at = 2 + 2 + 17 + 8 + 1 + 1 + 17
            if payload[2:4] != number(2, 2) or len(payload) <= at:
                return None
            at += {0: 1, 1: 2, 2: 4}[payload[at] >> 6]
            return payload[at:].decode()

        # How far each room's log was seen, and the hash over it.
        chains = {}

        def follow(room, seq, head, payload):
            known, chain = chains.get(room, (0, hashlib.sha256(b"conclave log v1\0" + room).digest()))
            if seq != known + 1:
                return None
            chain = hashlib.sha256(chain + head + hashlib.sha256(payload).digest()).digest()
            chains[room] = (seq, chain)
            return chain.hex()


        # Frames.
        def request(line):
            verb, *words = line.split(" ", 4)
            if verb == "raw":
                return bytes.fromhex("".join(words))
            types = dict(enter=1, read=2, create=3, send=4, add=5, describe=9, online=10, ping=11, mark=16)
            body = number(int(words[0]), 4)
            if verb == "online":
                body += vector(identity_of(words[1]) if len(words) > 1 else b"", 1)
            elif verb != "ping":
                room = room_of(words[1])
                body += room
            if verb in ("read", "mark"):
                body += number(int(words[2]), 8)
            if verb == "create":
                # By invitation, without an auditor and a group info.
                body += bytes([1, 2, 0]) + vector(b"", 3)
            if verb == "send":
                message = private_message(room, int(words[2]), 1, words[3].encode())
                body += number(int(words[0]), 8) + vector(message, 3)
            if verb == "add":
                epoch = int(words[2])
                body += number(1 << 63 | int(words[0]), 8) + number(epoch, 8)
                body += vector(private_message(room, epoch, 3, b"a commit"), 3)
                body += vector(identity_of(words[3]) + number(epoch + 1, 4), 3) + vector(b"", 3)
                body += vector(b"", 3) * 3
            return number(len(body) + 1, 4) + number(types[verb], 1) + body

        def status(reader):
            found = dict(room=reader.take(16).hex(), first=reader.number(8), head=reader.number(8),
                         chain=reader.take(32).hex(), cursor=reader.number(8), epoch=reader.number(8),
                         policy=reader.take(2).hex())
            found["auditor"] = reader.vector(1).decode()
            if reader.number(1) == 1:
                reader.take(36)
            return found

        def entry(reader):
            start = reader.at
            room, seq, time = reader.take(16), reader.number(8), reader.number(8)
            found = dict(room=room.hex(), seq=seq, time=time, sender=reader.identity(), token=reader.number(8),
                         kind=reader.number(1))
            inner, added = Reader(reader.vector(3)), []
            while inner.at < len(inner.data):
                added.append(inner.identity())
                inner.take(4)
            reader.vector(3)
            head = reader.data[start:reader.at]
            if reader.number(1) != 0:
                raise ValueError("a payload that was not expected")
            payload = reader.vector(3)
            found["text"] = text_of(payload) if found["kind"] == 2 else None
            return dict(found, added=added, chain=follow(room, seq, head, payload))

        def show(kind, body):
            reader = Reader(body)
            if kind == 64:
                say(event="greeting", version=reader.number(2), software=reader.vector(1).decode(),
                    you=reader.identity(), time=reader.number(8), maximum=reader.number(4))
            elif kind in (65, 67):
                say(event="entered" if kind == 65 else "described", request=reader.number(4), **status(reader))
            elif kind == 66:
                say(event="accepted", request=reader.number(4), seq=reader.number(8), time=reader.number(8))
            elif kind == 71:
                say(event="online", request=reader.number(4), **reader.page())
            elif kind == 72:
                say(event="pong", request=reader.number(4))
            elif kind == 73:
                say(event="failed", request=reader.number(4), **reader.failure())
            elif kind == 74:
                say(event="read end", request=reader.number(4), room=reader.take(16).hex(), head=reader.number(8))
            elif kind == 75:
                say(event="done", request=reader.number(4))
            elif kind == 80:
                say(event="entry", **entry(reader))
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
                    if not 1 <= length <= 69632:
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
