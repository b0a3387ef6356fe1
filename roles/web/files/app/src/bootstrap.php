<?php

declare(strict_types=1);

namespace Sample;

spl_autoload_register(function (string $class): void {
    $file = __DIR__ . '/' . substr($class, strlen('Sample\\')) . '.php';
    if (str_starts_with($class, 'Sample\\') && is_file($file)) {
        require $file;
    }
});

/** What this machine was told about the parts behind it. */
function settings(): Settings
{
    static $settings = Settings::read(getenv('SAMPLE_SETTINGS') ?: '/etc/lab/app.json');
    return $settings;
}

function database(): Database
{
    static $database = new Database(settings()->database, settings()->timeout);
    return $database;
}

function sessions(): Sessions
{
    static $sessions = new Sessions(settings()->sessions, settings()->timeout);
    return $sessions;
}

function storage(): Storage
{
    static $storage = new Storage(settings()->storage, settings()->machine, settings()->timeout);
    return $storage;
}

/** @return Part[] */
function parts(): array
{
    $nextcloud = settings()->nextcloud;
    return [
        database(),
        sessions(),
        storage(),
        ...($nextcloud === null ? [] : [new Nextcloud($nextcloud, database())]),
    ];
}
