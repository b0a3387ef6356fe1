<?php

// What the database knows of Nextcloud's installation: state.php show|clear|configure|done
declare(strict_types=1);

require '/etc/lab/nextcloud/config.php';
/** @var array<string, mixed> $CONFIG */

/** Seconds that the database and Router may take to come. */
const TIMEOUT = 240;

function database(array $config): PDO
{
    $end = time() + TIMEOUT;
    [$host, $port] = explode(':', $config['dbhost']);
    while (true) {
        try {
            return new PDO(
                "mysql:host=$host;port=$port;dbname={$config['dbname']};charset=utf8mb4",
                $config['dbuser'],
                $config['dbpassword'],
                $config['dbdriveroptions'] + [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION],
            );
        } catch (PDOException $error) {
            if (time() >= $end) {
                fwrite(STDERR, "error: the database does not answer: {$error->getMessage()}\n");
                exit(1);
            }
            sleep(1);
        }
    }
}

/** Tables of Nextcloud, finished or not. @return string[] */
function tables(PDO $database, string $prefix): array
{
    $found = $database->query('SHOW TABLES')->fetchAll(PDO::FETCH_COLUMN);
    return array_values(array_filter($found, fn (string $name): bool => str_starts_with($name, $prefix)));
}

$prefix = $CONFIG['dbtableprefix'];
// The mark is the last thing that an installation writes, beside the data that it speaks of.
$mark = "FROM {$prefix}appconfig WHERE appid = 'lab' AND configkey = 'installed'";
switch ($argv[1] ?? '') {
    case 'show':
        $database = database($CONFIG);
        $tables = tables($database, $prefix);
        $finished = in_array("{$prefix}appconfig", $tables, true) && $database->query("SELECT 1 $mark")->fetch();
        echo $tables === [] ? 'absent' : ($finished ? 'installed' : 'partial'), "\n";
        break;
    case 'clear':
        $database = database($CONFIG);
        if (in_array("{$prefix}appconfig", tables($database, $prefix), true) && $database->query("SELECT 1 $mark")->fetch()) {
            fwrite(STDERR, "error: Nextcloud is installed; its tables are not removed\n");
            exit(1);
        }
        $database->exec('SET FOREIGN_KEY_CHECKS = 0');
        foreach (tables($database, $prefix) as $table) {
            $database->exec("DROP TABLE IF EXISTS `$table`");
        }
        break;
    case 'configure':
        // As the lab's, but not installed, not read-only and without Redis.
        foreach (['installed', 'version', 'config_is_read_only', 'memcache.distributed', 'memcache.locking', 'redis'] as $key) {
            unset($CONFIG[$key]);
        }
        $CONFIG['filelocking.enabled'] = false;
        $CONFIG['setup_create_db_user'] = false;
        echo "<?php\n\$CONFIG = ", var_export($CONFIG, true), ";\n";
        break;
    case 'done':
        $database = database($CONFIG);
        $insert = $database->prepare("INSERT INTO {$prefix}appconfig (appid, configkey, configvalue) VALUES ('lab', 'installed', ?)");
        $insert->execute([$CONFIG['version']]);
        break;
    default:
        fwrite(STDERR, "usage: state.php show|clear|configure|done\n");
        exit(2);
}
