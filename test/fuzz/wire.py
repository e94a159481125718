"""PostgreSQL's protocol over a Unix socket: as much as it takes to send any bytes as parameters.

psql would not do: it refuses a NUL and what is invalid in the client's encoding before the server sees it.
"""

import os
import socket
import struct


class Lost(Exception):
    """The connection is gone: the backend died, or did not answer in time."""


class Refused(Exception):
    """An error of the server."""

    def __init__(self, fields):
        super().__init__('%s: %s' % (fields.get('C'), fields.get('M')))
        self.sqlstate = fields.get('C', '')
        self.message = fields.get('M', '')
        self.where = '%s, %s:%s' % (fields.get('R'), fields.get('F'), fields.get('L'))
        self.hint = fields.get('H')


class Connection:
    def __init__(self, database, user, timeout):
        self.notices = []
        self.status = 'I'
        self.buffer = b''
        directory = os.environ['PGHOST']
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect('%s/.s.PGSQL.%s' % (directory, os.environ.get('PGPORT', '5432')))
            words = b''.join(w.encode() + b'\0' for w in ('user', user, 'database', database, 'client_encoding', 'UTF8'))
            body = struct.pack('!i', 196608) + words + b'\0'
            self.socket.sendall(struct.pack('!i', len(body) + 4) + body)
        except OSError as e:
            raise Lost(str(e))
        self.pid = None
        self.finish()

    def receive(self, size):
        while len(self.buffer) < size:
            try:
                some = self.socket.recv(65536)
            except socket.timeout:
                raise Lost('no answer in time')
            except OSError as e:
                raise Lost(str(e))
            if not some:
                raise Lost('the server closed the connection')
            self.buffer += some
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    @staticmethod
    def fields(body):
        return {part[:1].decode(): part[1:].decode('utf-8', 'replace') for part in body.split(b'\0') if part}

    def finish(self):
        """Reads up to ReadyForQuery: the rows, or the error raised."""
        rows, error = [], None
        while True:
            head = self.receive(5)
            kind, body = head[:1], self.receive(struct.unpack('!i', head[1:])[0] - 4)
            if kind == b'Z':
                self.status = body.decode()
                if error:
                    raise error
                return rows
            if kind == b'D':
                row, at = [], 2
                for _ in range(struct.unpack('!h', body[:2])[0]):
                    size = struct.unpack('!i', body[at:at + 4])[0]
                    at += 4
                    row.append(None if size < 0 else body[at:at + size])
                    at += max(size, 0)
                rows.append(row)
            elif kind == b'K':
                self.pid = struct.unpack('!i', body[:4])[0]
            elif kind == b'N':
                self.notices.append(self.fields(body))
            elif kind == b'E':
                fields = self.fields(body)
                if fields.get('S') in ('FATAL', 'PANIC'):
                    raise Lost('%s: %s' % (fields.get('S'), fields.get('M')))
                error = Refused(fields)

    def send(self, *messages):
        data = b''.join(kind + struct.pack('!i', len(body) + 4) + body for kind, body in messages)
        try:
            self.socket.sendall(data)
        except OSError as e:
            raise Lost(str(e))

    def simple(self, sql):
        """Statements without parameters."""
        self.notices = []
        self.send((b'Q', sql.encode() + b'\0'))
        return self.finish()

    def execute(self, sql, *parameters):
        """One statement; parameters are bytes, or None."""
        self.notices = []
        values = b''.join(struct.pack('!i', -1) if p is None else struct.pack('!i', len(p)) + p for p in parameters)
        self.send((b'P', b'\0' + sql.encode() + b'\0' + struct.pack('!h', 0)),
                  (b'B', b'\0\0' + struct.pack('!hh', 0, len(parameters)) + values + struct.pack('!h', 0)),
                  (b'E', b'\0' + struct.pack('!i', 0)), (b'S', b''))
        return self.finish()

    def close(self):
        try:
            self.send((b'X', b''))
        except Lost:
            pass
        self.socket.close()
