<?php

// For programs: /files, /rows and /session (docs/sample-application.md).
declare(strict_types=1);

require __DIR__ . '/../src/bootstrap.php';

header('Cache-Control: no-store');
header('X-Content-Type-Options: nosniff');

(new Sample\Api(Sample\settings(), Sample\database(), Sample\storage(), Sample\sessions()))
    ->answer($_SERVER['REQUEST_METHOD'], (string) parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH));
