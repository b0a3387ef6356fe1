<?php

declare(strict_types=1);

namespace Sample;

/**
 * The application for programs: files, rows and the session, each apart from the others, as JSON
 * (docs/sample-application.md). Files and rows take name and password with each request and no session.
 */
final readonly class Api
{
    private const STATUS = ['login_first' => 401, 'bad_login' => 401, 'no_file' => 404, 'bad_checksum' => 422,
        'bad_method' => 405, 'no_such_thing' => 404, 'no_length' => 411];

    public function __construct(
        private Settings $settings,
        private Database $database,
        private Storage $storage,
        private Sessions $sessions,
    ) {
    }

    /** Answers the request; every failure becomes a status and a JSON body that names it. */
    public function answer(string $method, string $path): void
    {
        try {
            $parts = explode('/', trim($path, '/'), 2);
            $name = isset($parts[1]) ? rawurldecode($parts[1]) : null;
            match ($parts[0]) {
                'files' => $name === null ? $this->files($method) : $this->file($method, $name),
                'rows' => $this->rows($method),
                'session' => $this->session($method),
                // Uses no part: what load balancers and web machines can do by themselves.
                'machine' => $this->send(200, []),
                default => throw new Refused('no_such_thing'),
            };
        } catch (Refused $error) {
            $status = self::STATUS[$error->getMessage()] ?? 400;
            if ($status === 401) {
                header('WWW-Authenticate: Basic realm="sample", charset="UTF-8"');
            }
            $this->send($status, ['error' => Texts::for('')($error->getMessage())]);
        } catch (Unavailable $error) {
            $this->send(503, ['part' => $error->part, 'error' => $error->getMessage()]);
        }
    }

    private function files(string $method): void
    {
        $this->authorize();
        $this->only($method, 'GET', 'HEAD');
        $this->send(200, ['files' => (object) $this->storage->files()]);
    }

    private function file(string $method, string $name): void
    {
        $this->authorize();
        switch ($method) {
            case 'PUT':
                $input = fopen('php://input', 'r') ?: throw new Refused('bad_upload');
                // Without it an upload that broke off, or that never reached PHP, looks like an empty file.
                $length = $_SERVER['CONTENT_LENGTH'] ?? '';
                if (!ctype_digit($length)) {
                    throw new Refused('no_length');
                }
                $kept = $this->storage->keep($input, $name, (int) $length, $_SERVER['HTTP_X_SHA256'] ?? null);
                $this->send($kept['created'] ? 201 : 200, ['name' => $name] + $kept);
                break;
            case 'DELETE':
                $this->storage->remove($name);
                $this->send(200, ['name' => $name]);
                break;
            default:
                $this->only($method, 'GET', 'HEAD');
                $path = $this->storage->find($name);
                $hash = @hash_file('sha256', $path) ?: throw new Unavailable('storage', "cannot read $name");
                header('Content-Type: application/octet-stream');
                header('Content-Length: ' . filesize($path));
                header("X-Sha256: $hash");
                if ($method === 'GET') {
                    readfile($path);
                }
        }
    }

    private function rows(string $method): void
    {
        $user = $this->authorize();
        try {
            $this->database->insist();
            if ($method === 'POST') {
                $text = trim((string) ($this->body()['text'] ?? ''));
                if ($text === '' || mb_strlen($text) > 500) {
                    throw new Refused('bad_request');
                }
                $row = $this->database->add($this->settings->machine, $user, $text);
                $this->send(201, $row + ['text' => $text]);
                return;
            }
            $this->only($method, 'GET', 'HEAD');
            $limit = min(10000, max(1, (int) ($_GET['limit'] ?? 100)));
            $this->send(200, ['rows' => $this->database->after((int) ($_GET['after'] ?? 0), $limit)]);
        } catch (\PDOException $error) {
            throw new Unavailable('database', $error->getMessage(), $error);
        }
    }

    private function session(string $method): void
    {
        $this->sessions->start();
        switch ($method) {
            case 'POST':
                $body = $this->body();
                $this->check((string) ($body['name'] ?? ''), (string) ($body['password'] ?? ''));
                session_regenerate_id(true);
                $_SESSION['user'] = $this->settings->loginName;
                break;
            case 'DELETE':
                unset($_SESSION['user']);
                session_regenerate_id(true);
                break;
            default:
                $this->only($method, 'GET', 'HEAD');
                $_SESSION['count'] = ($_SESSION['count'] ?? 0) + 1;
        }
        $answer = [
            'user' => $_SESSION['user'] ?? null,
            'count' => $_SESSION['count'] ?? 0,
            'since' => $_SESSION['since'],
            'shared' => $this->sessions->configured(),
        ];
        // Written before it is acknowledged.
        if (!@session_write_close()) {
            throw new Unavailable('sessions', error_get_last()['message'] ?? 'the session cannot be written');
        }
        $this->send(200, $answer);
    }

    /** Name of who sent the request (HTTP Basic). */
    private function authorize(): string
    {
        if (!isset($_SERVER['PHP_AUTH_USER'], $_SERVER['PHP_AUTH_PW'])) {
            throw new Refused('login_first');
        }
        $this->check($_SERVER['PHP_AUTH_USER'], $_SERVER['PHP_AUTH_PW']);
        return $this->settings->loginName;
    }

    private function check(string $name, string $password): void
    {
        $known = hash_equals($this->settings->loginName, $name);
        if (!hash_equals($this->settings->loginPassword, $password) || !$known) {
            throw new Refused('bad_login');
        }
    }

    /** The request's fields, of JSON or of a form. @return array<string, mixed> */
    private function body(): array
    {
        if (!str_starts_with($_SERVER['CONTENT_TYPE'] ?? '', 'application/json')) {
            return $_POST;
        }
        $body = json_decode((string) file_get_contents('php://input'), true);
        return is_array($body) ? $body : throw new Refused('bad_request');
    }

    private function only(string $method, string ...$allowed): void
    {
        if (!in_array($method, $allowed, true)) {
            throw new Refused('bad_method');
        }
    }

    /** @param array<string, mixed> $answer */
    private function send(int $status, array $answer): void
    {
        http_response_code($status);
        header('Content-Type: application/json');
        $flags = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE;
        echo json_encode($answer + ['machine' => $this->settings->machine], $flags), "\n";
    }
}
