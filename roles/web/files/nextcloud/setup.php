<?php

// What an installed Nextcloud needs to be the lab's: accounts, applications that are off, background jobs by timer. One
// program instead of an occ for each: starting Nextcloud is what takes long.
declare(strict_types=1);

chdir('/srv/www/nextcloud');
require '/srv/www/nextcloud/lib/base.php';

use OCP\App\IAppManager;
use OCP\IAppConfig;
use OCP\IGroupManager;
use OCP\IUserManager;
use OCP\Server;

$wanted = json_decode(file_get_contents('/etc/lab/nextcloud/install.json'), true, flags: JSON_THROW_ON_ERROR);

$apps = Server::get(IAppManager::class);
foreach ($wanted['disabled'] as $app) {
    if ($apps->isEnabledForAnyone($app)) {
        $apps->disableApp($app);
    }
}

$settings = Server::get(IAppConfig::class);
$settings->setValueString('core', 'backgroundjobs_mode', 'cron');
// Asks a service on the Internet about each new password.
$settings->setValueString('password_policy', 'enforceHaveIBeenPwned', '0');

$users = Server::get(IUserManager::class);
$groups = Server::get(IGroupManager::class);
foreach ($wanted['users'] as $one) {
    $user = $users->get($one['name']) ?? $users->createUser($one['name'], $one['password']);
    if ($user === false) {
        fwrite(STDERR, "error: the account {$one['name']} could not be made\n");
        exit(1);
    }
    foreach ($one['groups'] as $group) {
        $groups->get($group)->addUser($user);
    }
}
