<?php

declare(strict_types=1);

namespace Sample;

/** What a visitor can do, and what the page shows him. */
final readonly class Actions
{
    public function __construct(private Settings $settings, private Database $database, private Storage $storage)
    {
    }

    /** @param array<string, mixed> $form  @param array<string, array> $files */
    public function handle(array $form, array $files): void
    {
        // The token lives in the session: where sessions are not shared, another machine refuses the form.
        if (!hash_equals($_SESSION['token'] ?? '', (string) ($form['token'] ?? '')) || empty($_SESSION['token'])) {
            throw new Refused('lost_session');
        }
        match ($form['action'] ?? '') {
            'login' => $this->login((string) ($form['name'] ?? ''), (string) ($form['password'] ?? '')),
            'logout' => $this->logout(),
            'note' => $this->database->add($this->settings->machine, $this->visitor(), $this->note($form)),
            'upload' => $this->upload($files['file'] ?? []),
            default => throw new Refused('bad_request'),
        };
    }

    /** Sends a shared file. */
    public function send(string $name): void
    {
        $this->visitor();
        // The session is not held while the file is sent.
        session_write_close();
        $path = $this->storage->find($name);
        header('Content-Type: application/octet-stream');
        header('Content-Disposition: attachment; filename*=UTF-8\'\'' . rawurlencode($name));
        header('Content-Length: ' . filesize($path));
        readfile($path);
    }

    /**
     * What src/page.php shows. A part that does not answer is left out, and the visitor told so: reading the page needs
     * none of them.
     *
     * @param ?string $problem why the visitor's session cannot be used now, if so
     * @return array<string, mixed>
     */
    public function page(?string $problem): array
    {
        if ($problem === null) {
            $_SESSION['token'] ??= bin2hex(random_bytes(16));
        }
        $health = [];
        foreach (parts() as $part) {
            $health[$part->name()] = $part->name() === 'sessions' && $problem !== null
                ? new Health(State::Failed, $problem)
                : Watch::look($part);
        }
        $user = $_SESSION['user'] ?? null;
        $read = function (string $part, callable $list) use (&$health): ?array {
            if ($health[$part]->state !== State::Works) {
                return null;
            }
            try {
                return Watch::ask($part, $list);
            } catch (Unavailable | \PDOException $error) {
                $health[$part] = new Health(State::Failed, $error->getMessage());
                return null;
            }
        };
        $notes = $read('database', fn () => $this->database->notes());
        // Only for who is logged in: whoever reads a folder on a storage that is gone waits until it is back.
        $files = $user === null ? null : $read('storage', fn () => $this->storage->files());
        return [
            'machine' => $this->settings->machine,
            'loadBalancer' => $_SERVER['HTTP_X_LOAD_BALANCER'] ?? '',
            'visitor' => $_SERVER['REMOTE_ADDR'] ?? '',
            'time' => gmdate('Y-m-d H:i:s') . ' UTC',
            'count' => $_SESSION['count'] ?? null,
            'user' => $user,
            'token' => $_SESSION['token'] ?? null,
            'health' => $health,
            'notes' => $notes,
            'files' => $files,
        ];
    }

    private function login(string $name, string $password): void
    {
        $known = hash_equals($this->settings->loginName, $name);
        if (!hash_equals($this->settings->loginPassword, $password) || !$known) {
            throw new Refused('bad_login');
        }
        session_regenerate_id(true);
        $_SESSION['user'] = $name;
    }

    private function logout(): void
    {
        unset($_SESSION['user']);
        session_regenerate_id(true);
    }

    /** @param array<string, mixed> $form */
    private function note(array $form): string
    {
        $text = trim((string) ($form['text'] ?? ''));
        return $text === '' ? throw new Refused('bad_request') : mb_substr($text, 0, 500);
    }

    /** @param array<string, mixed> $file an entry of $_FILES */
    private function upload(array $file): void
    {
        $this->visitor();
        if (($file['error'] ?? null) !== UPLOAD_ERR_OK) {
            throw new Refused('bad_upload');
        }
        $content = fopen($file['tmp_name'], 'r') ?: throw new Refused('bad_upload');
        $this->storage->keep($content, $file['name'], $file['size']);
    }

    /** Name of who is logged in; others are refused. */
    private function visitor(): string
    {
        return $_SESSION['user'] ?? throw new Refused('login_first');
    }
}
