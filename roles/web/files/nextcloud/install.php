<?php

// occ maintenance:install, with its passwords kept out of the list of processes: it takes them as arguments only.
require '/etc/lab/nextcloud/config.php';
$wanted = $CONFIG;
unset($CONFIG);
[$dbHost, $dbPort] = explode(':', $wanted['dbhost']);
$argv = [
    'occ', 'maintenance:install', '--no-interaction',
    '--database', 'mysql', '--database-host', $dbHost, '--database-port', $dbPort,
    '--database-name', $wanted['dbname'], '--database-user', $wanted['dbuser'],
    '--database-pass', $wanted['dbpassword'],
    '--password-salt', $wanted['passwordsalt'], '--server-secret', $wanted['secret'],
    '--data-dir', $wanted['datadirectory'],
    // Accounts are made by setup.php.
    '--disable-admin-user',
];
$_SERVER['argv'] = $argv;
$argc = $_SERVER['argc'] = count($argv);
unset($wanted, $dbHost, $dbPort);
chdir('/srv/www/nextcloud');
require '/srv/www/nextcloud/console.php';
