<?php

// 200 only while every part that is configured works, 503 otherwise; the body says which part does not. 503 also before this
// machine stops as planned (`drain leave`), so that load balancers send their requests elsewhere while it still answers.
declare(strict_types=1);

require __DIR__ . '/../src/bootstrap.php';

use Sample\State;

$parts = [];
$leaving = file_exists('/run/lab/leaving');
$healthy = !$leaving;
foreach (Sample\Watch::checkAll($_SERVER['REMOTE_ADDR'] ?? '') as $name => $health) {
    $parts[$name] = ['state' => $health->state->value, 'detail' => $health->detail];
    $healthy = $healthy && $health->state !== State::Failed;
}

http_response_code($healthy ? 200 : 503);
header('Content-Type: application/json');
header('Cache-Control: no-store');
echo json_encode(
    ['healthy' => $healthy, 'leaving' => $leaving, 'machine' => Sample\settings()->machine, 'parts' => $parts],
    JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE,
), "\n";
