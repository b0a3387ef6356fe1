<?php

// The page: which machine served, the session's counter, and what the parts behind it hold.
declare(strict_types=1);

require __DIR__ . '/../src/bootstrap.php';

use Sample\Actions;
use Sample\Texts;

header('Cache-Control: no-store');
header("Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'");
header('X-Content-Type-Options: nosniff');

$texts = Texts::for($_SERVER['HTTP_ACCEPT_LANGUAGE'] ?? '');
header('Content-Language: ' . $texts->language);
header('Vary: Accept-Language');

try {
    // Reading the page needs no session, anything else waits for it.
    $reads = in_array($_SERVER['REQUEST_METHOD'], ['GET', 'HEAD'], true) && !isset($_GET['file']);
    $problem = $reads ? Sample\sessions()->startNow() : Sample\sessions()->start();
    $actions = new Actions(Sample\settings(), Sample\database(), Sample\storage());
    if ($_SERVER['REQUEST_METHOD'] === 'POST') {
        $actions->handle($_POST, $_FILES);
        // Written before it is acknowledged.
        if (!session_write_close()) {
            throw new Sample\Unavailable('sessions', 'the session cannot be written');
        }
        header('Location: /', true, 303);
        exit;
    }
    if (isset($_GET['file'])) {
        $actions->send((string) $_GET['file']);
        exit;
    }
    if ($problem === null) {
        $_SESSION['count'] = ($_SESSION['count'] ?? 0) + 1;
    }
    $page = $actions->page($problem);
} catch (Throwable $error) {
    error_log((string) $error);
    http_response_code(match (true) {
        $error instanceof Sample\Refused => 400,
        $error instanceof Sample\Unavailable => 503,
        default => 500,
    });
    $page = ['error' => $error instanceof Sample\Refused ? $texts($error->getMessage()) : $error->getMessage()];
}

require __DIR__ . '/../src/page.php';
