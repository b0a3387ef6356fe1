<?php

declare(strict_types=1);

namespace Sample;

/** Notes in MariaDB. Settings: host, port, name, user, password, wait. */
final class Database implements Part
{
    private ?\PDO $connection = null;

    public function __construct(private readonly ?array $settings, private readonly float $timeout)
    {
    }

    public function name(): string
    {
        return 'database';
    }

    public function configured(): bool
    {
        return $this->settings !== null;
    }

    public function check(): Health
    {
        if (!$this->configured()) {
            return new Health(State::NotConfigured);
        }
        return Health::of(fn () => $this->value('SELECT @@hostname'));
    }

    /** First column of a query's first row; false when it has none. */
    public function value(string $query): mixed
    {
        return $this->connect()->query($query)->fetchColumn();
    }

    /** Newest first. @return array<array{written: string, machine: string, author: string, text: string}> */
    public function notes(int $limit = 10): array
    {
        $rows = $this->connect()->prepare(
            'SELECT written, machine, author, text FROM note ORDER BY id DESC LIMIT ?',
        );
        $rows->bindValue(1, $limit, \PDO::PARAM_INT);
        $this->withTable(fn () => $rows->execute());
        return $rows->fetchAll(\PDO::FETCH_ASSOC);
    }

    /** @return array{id: int, server: string} what the database gave it, and which server did */
    public function add(string $machine, string $author, string $text): array
    {
        $row = $this->connect()->prepare('INSERT INTO note (machine, author, text) VALUES (?, ?, ?)');
        $this->withTable(fn () => $row->execute([$machine, $author, $text]));
        $id = (int) $this->connect()->lastInsertId();
        return ['id' => $id, 'server' => (string) $this->connect()->query('SELECT @@hostname')->fetchColumn()];
    }

    /** Oldest first, from the one after an identifier. @return array<array{id: int, text: string}> */
    public function after(int $id, int $limit): array
    {
        $rows = $this->connect()->prepare('SELECT id, text FROM note WHERE id > ? ORDER BY id LIMIT ?');
        $rows->bindValue(1, $id, \PDO::PARAM_INT);
        $rows->bindValue(2, $limit, \PDO::PARAM_INT);
        $this->withTable(fn () => $rows->execute());
        return $rows->fetchAll(\PDO::FETCH_ASSOC);
    }

    /** The first use makes the table. */
    private function withTable(callable $query): void
    {
        try {
            $query();
        } catch (\PDOException $error) {
            if ($error->getCode() !== '42S02') {
                throw $error;
            }
            $this->connect()->exec(
                'CREATE TABLE IF NOT EXISTS note (
                    id BIGINT PRIMARY KEY AUTO_INCREMENT,
                    written TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
                    machine VARCHAR(64) NOT NULL, author VARCHAR(64) NOT NULL, text VARCHAR(500) NOT NULL
                ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4',
            );
            $query();
        }
    }

    /**
     * Connects, however often it takes while databases change over (`wait`): a connection may be refused meanwhile, and nothing was
     * asked yet. An answer is waited for as long. Not for pages, which do without, nor for health checks.
     */
    public function insist(): void
    {
        $wait = (float) ($this->settings['wait'] ?? $this->timeout);
        $end = microtime(true) + $wait;
        while (true) {
            try {
                $this->connect($wait);
                return;
            } catch (\PDOException $error) {
                if (microtime(true) + 0.1 >= $end) {
                    throw $error;
                }
                usleep(100_000);
            }
        }
    }

    /** @param ?float $answer seconds to wait for each answer; usually as long as for the connection */
    private function connect(?float $answer = null): \PDO
    {
        if ($this->connection === null) {
            $s = $this->settings ?? throw new Unavailable('database', 'not configured');
            // A server that lost power never answers: without this limit every PHP process ends up waiting for it.
            ini_set('mysqlnd.net_read_timeout', (string) max(1, (int) ceil($answer ?? $this->timeout)));
            $this->connection = new \PDO(
                "mysql:host={$s['host']};port={$s['port']};dbname={$s['name']};charset=utf8mb4",
                $s['user'],
                $s['password'],
                [
                    \PDO::ATTR_TIMEOUT => max(1, (int) ceil($this->timeout)),
                    \PDO::ATTR_ERRMODE => \PDO::ERRMODE_EXCEPTION,
                    // The databases take no connection without TLS, and show a certificate for Router's address.
                    \PDO::MYSQL_ATTR_SSL_CA => $s['ca'] ?? '/usr/local/share/ca-certificates/lab-ca.crt',
                    // The server may be another one for each connection: nothing is prepared on it in advance.
                    \PDO::ATTR_EMULATE_PREPARES => true,
                ],
            );
        }
        return $this->connection;
    }
}
