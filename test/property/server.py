"""One psql that stays: a statement in, rows out."""

import subprocess


class Failure(Exception):
    """The property does not hold, or something is broken."""


class TooLong(Exception):
    """A statement has come to its statement_timeout."""


class Psql:
    def __init__(self, database):
        self.process = subprocess.Popen(
            ['psql', '-XAtq', '-F', '\x1f', '-v', 'VERBOSITY=verbose', '-d', database],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding='utf-8')

    def __call__(self, sql):
        """Rows of a statement; an error is a Failure."""
        rows, error = self.attempt(sql)
        if error:
            raise Failure('%s\nfails with %s' % (sql, error))
        return rows

    def attempt(self, sql):
        """(rows, None), or (rows, (sqlstate, message))."""
        try:
            self.process.stdin.write(sql + '\n;\n\\echo @@done :ERROR :SQLSTATE\n')
            self.process.stdin.flush()
        except OSError as e:
            raise Failure('%s\nthe connection is lost: %s' % (sql, e))
        rows, message = [], []
        for line in self.process.stdout:
            line = line.rstrip('\n')
            if line.startswith('@@done '):
                _, failed, state = line.split(' ')
                if failed == 'true' and state == '57014':
                    raise TooLong(sql)
                if failed == 'true' or any(' ERROR: ' in m for m in message):
                    return rows, (state, '\n'.join(message))
                return rows, None
            if line.startswith(('ERROR:', 'DETAIL:', 'HINT:', 'CONTEXT:', 'LOCATION:', 'QUERY:', 'LINE ')) or message:
                message.append(line)
            elif not line.startswith(('NOTICE:', 'WARNING:')):
                rows.append(line.split('\x1f'))
        raise Failure('%s\nthe connection is lost:\n%s' % (sql, '\n'.join(message)))

    def close(self):
        try:
            self.process.stdin.close()
        except OSError:
            pass
        self.process.wait()
        self.process.stdout.close()


def literal(text):
    return 'NULL' if text is None else "'" + text.replace("'", "''") + "'"


def body(text):
    return '$property$' + text + '$property$'
