"""A client that speaks PostgreSQL's protocol over the server's socket: simple, extended and prepared statements, and
the SQLSTATE of every error.  Values are text.
"""

import os
import socket
import struct


class ServerError(Exception):
    """An error that the server sent."""

    def __init__(self, fields, sql):
        self.code = fields.get('C', '?????')
        self.message = fields.get('M', '')
        self.detail = fields.get('D', '')
        Exception.__init__(self, '%s %s%s [%s]' % (self.code, self.message,
                                                   ' (%s)' % self.detail if self.detail else '', sql))


class ConnectionLost(Exception):
    """The server has ended the session."""


class Connection:
    def __init__(self, database, user, settings=()):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect('%s/.s.PGSQL.%s' % (os.environ['PGHOST'], os.environ.get('PGPORT', '5432')))
        self.buffer = b''
        self.prepared = set()
        self.pid = 0
        parameters = [('user', user), ('database', database), ('client_min_messages', 'error')] + list(settings)
        body = struct.pack('!i', 196608) + b''.join(
            key.encode() + b'\0' + value.encode() + b'\0' for key, value in parameters) + b'\0'
        self.socket.sendall(struct.pack('!i', len(body) + 4) + body)
        self.answer('connect')

    @staticmethod
    def message(kind, body):
        return kind + struct.pack('!i', len(body) + 4) + body

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError as e:
            raise ConnectionLost(str(e))

    def receive(self):
        while True:
            if len(self.buffer) >= 5:
                length = struct.unpack('!i', self.buffer[1:5])[0] + 1
                if len(self.buffer) >= length:
                    kind, body = self.buffer[:1], self.buffer[5:length]
                    self.buffer = self.buffer[length:]
                    return kind, body
            try:
                more = self.socket.recv(65536)
            except OSError as e:
                raise ConnectionLost(str(e))
            if not more:
                raise ConnectionLost('the server closed the connection')
            self.buffer += more

    def answer(self, sql):
        """Reads up to ReadyForQuery: the rows, or the error."""
        rows, error = [], None
        while True:
            kind, body = self.receive()
            if kind == b'D':
                count, at, row = struct.unpack('!h', body[:2])[0], 2, []
                for _ in range(count):
                    length = struct.unpack('!i', body[at:at + 4])[0]
                    at += 4
                    row.append(None if length < 0 else body[at:at + length].decode())
                    at += max(length, 0)
                rows.append(row)
            elif kind == b'E' and error is None:
                error = ServerError({f[:1].decode(): f[1:].decode() for f in body.split(b'\0') if f}, sql)
                if error.code in ('57P01', '57P02', '57P03'):
                    raise error
            elif kind == b'K':
                self.pid = struct.unpack('!i', body[:4])[0]
            elif kind == b'Z':
                if error is not None:
                    raise error
                return rows

    def simple(self, sql):
        self.send(self.message(b'Q', sql.encode() + b'\0'))
        return self.answer(sql)

    def extended(self, sql, name=''):
        """Parse, Bind, Execute; with a name it is parsed the first time only."""
        data = b''
        if not name or name not in self.prepared:
            data += self.message(b'P', name.encode() + b'\0' + sql.encode() + b'\0' + struct.pack('!h', 0))
        data += self.message(b'B', b'\0' + name.encode() + b'\0' + struct.pack('!hhh', 0, 0, 0))
        data += self.message(b'E', b'\0' + struct.pack('!i', 0)) + self.message(b'S', b'')
        self.send(data)
        rows = self.answer(sql)
        if name:
            self.prepared.add(name)
        return rows

    def close(self):
        try:
            self.socket.sendall(self.message(b'X', b''))
        except OSError:
            pass
        self.socket.close()
