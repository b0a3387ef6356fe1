import { z } from 'zod';

/**
 * What the Nextcloud of a web machine is configured with, and what its database says of it, as one line of JSON. Secrets are digests: facts
 * travel. The folder is the one that PHP-FPM is given.
 */
export const CONFIGURATION = {
  kind: 'command',
  command: `folder=$(grep -rhsoP '^env.NEXTCLOUD_CONFIG_DIR. *= *\\K[^ "]+' /etc/php/*/fpm/pool.d | tail -n 1); php -d display_errors=0 -r '
$folder = $argv[1];
$all = [];
foreach (array_unique(array_merge(["$folder/config.php"], glob("$folder/*.config.php"))) as $file) { $CONFIG = []; @include $file; $all = array_merge($all, $CONFIG); }
$said = fn ($name) => is_string($all[$name] ?? null) ? $all[$name] : "";
$digest = fn ($name) => $said($name) === "" ? "" : substr(hash("sha256", $said($name)), 0, 16);
$rows = [];
try {
  [$host, $port] = explode(":", $said("dbhost") . ":3306");
  $database = new PDO("mysql:host=$host;port=$port;dbname=" . $said("dbname"), $said("dbuser"), $said("dbpassword"), [PDO::ATTR_TIMEOUT => 3] + (array) ($all["dbdriveroptions"] ?? []));
  $prefix = preg_replace("/\\W/", "", $said("dbtableprefix"));
  foreach ($database->query("SELECT configkey, configvalue FROM {$prefix}appconfig WHERE appid = \\"core\\"") as $row) $rows[$row[0]] = $row[1];
} catch (Exception) {}
echo json_encode(["instanceid" => $said("instanceid"), "salt" => $digest("passwordsalt"), "secret" => $digest("secret"), "dbhost" => $said("dbhost"), "dbname" => $said("dbname"), "data" => $said("datadirectory"), "proxies" => array_values((array) ($all["trusted_proxies"] ?? [])), "protocol" => $said("overwriteprotocol"), "locking" => $said("memcache.locking"), "redis" => (string) ($all["redis"]["host"] ?? ""), "installedat" => (string) ($rows["installedat"] ?? ""), "jobs" => (string) ($rows["backgroundjobs_mode"] ?? ""), "age" => isset($rows["lastcron"]) ? time() - (int) $rows["lastcron"] : null]);
' -- "$folder"`,
} as const;

const schema = z.object({
  instanceid: z.string(),
  /** Digests. */
  salt: z.string(),
  secret: z.string(),
  dbhost: z.string(),
  dbname: z.string(),
  /** The folder of the users' files. */
  data: z.string(),
  proxies: z.array(z.string()),
  protocol: z.string(),
  locking: z.string(),
  /** Host of Redis. */
  redis: z.string(),
  /** When the database was filled, as it says. */
  installedat: z.string(),
  jobs: z.string(),
  /** Seconds since background jobs last ran; null: never. */
  age: z.number().nullable(),
});

export type Configuration = z.infer<typeof schema>;

/** What the probe printed; undefined when that is no configuration of Nextcloud. */
export function configurationOf(text: string): Configuration | undefined {
  try {
    const found = schema.parse(JSON.parse(text));
    return found.dbname === '' && found.instanceid === '' ? undefined : found;
  } catch {
    return undefined;
  }
}
