/**
 * Every key of `.codemonkeys/config.yaml`, once. From this table come the schema that checks the file, the JSON Schema
 * for editors, the reference page and `config explain`. Config says how tools are reached; what may be done is the
 * constitution's, and what a product is its SPEC.md's.
 */

/** Where a token and, if need be, a service are found; the token itself never stands in a config file. */
export interface RegistrySetting {
  readonly enabled: boolean;
  /** Undefined: as the registry's own tool is configured. */
  readonly url: string | undefined;
  /** The environment variable that holds the token. */
  readonly token_env: string | undefined;
  /** The entry of an encrypted secrets file that holds it, instead of a variable. */
  readonly token_secret: string | undefined;
}

/** What a key's value is read as. */
export interface ValueTypes {
  boolean: boolean;
  text: string;
  integer: number;
  /** Name of an environment variable. */
  variable: string;
  /** Name of an entry of an encrypted secrets file. */
  secret: string;
  /** A path; relative ones are relative to the root of the repository whose config file says so. */
  path: string;
  /** An http or https address without credentials. */
  url: string;
  /** In the file `true`, `false` or a mapping of `url` and of `token_env` or `token_secret`. */
  registry: RegistrySetting;
}

export type ValueType = keyof ValueTypes;

interface Option {
  readonly type: ValueType;
  /** Undefined: not set, with the meaning that the description gives. */
  readonly default: string | number | boolean | RegistrySetting | undefined;
  readonly description: string;
  /** Whether a product may override it when the organisation's file has no `overridable` list. */
  readonly overridable: boolean;
  /** Least value of an integer. */
  readonly min?: number;
  /** What a text may be; any line without it. */
  readonly choices?: readonly [string, ...string[]];
}

const registry = (token_env: string): RegistrySetting => ({
  enabled: true,
  url: undefined,
  token_env,
  token_secret: undefined,
});

export const OPTIONS = {
  "ship.github.token_env": {
    type: "variable",
    default: "GITHUB_TOKEN",
    description: "environment variable with the GitHub token, unless the company's account names another",
    overridable: true,
  },
  "ship.github.token_secret": {
    type: "secret",
    default: undefined,
    description: "entry of an encrypted secrets file with the GitHub token, instead of a variable",
    overridable: true,
  },
  "ship.ansible.playbook_dir": {
    type: "path",
    default: undefined,
    description: "folder of playbooks that go before the program's own of the same name",
    overridable: false,
  },
  "ship.ansible.inventory": {
    type: "path",
    default: undefined,
    description:
      "Ansible inventory of deployments, a file or folder; what it says of a host goes before fleet.yaml. Publishing runs on this machine",
    overridable: false,
  },
  "ship.secrets.sops_age_key": {
    type: "path",
    default: undefined,
    description: "age key file that decrypts SOPS files; `~` is the user's home",
    overridable: false,
  },
  "ship.security.trivy_enabled": {
    type: "boolean",
    default: true,
    description: "scan dependencies, images and configuration with Trivy before a release",
    overridable: false,
  },
  "ship.security.cargo_audit_enabled": {
    type: "boolean",
    default: true,
    description: "scan Rust dependencies with cargo-audit before a release",
    overridable: false,
  },
  "ship.security.npm_audit_enabled": {
    type: "boolean",
    default: true,
    description: "ask the npm registry for advisories of npm packages before a release",
    overridable: false,
  },
  "ship.security.pip_audit_enabled": {
    type: "boolean",
    default: true,
    description: "ask for advisories of Python packages with pip-audit before a release",
    overridable: false,
  },
  "ship.security.offline": {
    type: "boolean",
    default: false,
    description: "scan with the advisory databases that are on this machine, and fetch none",
    overridable: false,
  },
  "ship.security.trivy_cache_dir": {
    type: "path",
    default: undefined,
    description: "folder of Trivy's databases; where Trivy keeps them when not set",
    overridable: false,
  },
  "ship.security.rustsec_db": {
    type: "path",
    default: undefined,
    description: "clone of the RustSec advisory database; cargo-audit's own when not set",
    overridable: false,
  },
  "ship.security.osv_url": {
    type: "url",
    default: undefined,
    description: "query address of an OSV server that pip-audit asks; the Python index' own advisories when not set",
    overridable: false,
  },
  "ship.security.timeout_minutes": {
    type: "integer",
    default: 10,
    description: "minutes until a scanner that does not end is ended, and the scan has failed",
    overridable: false,
    min: 1,
  },
  "ship.security.fail_on_high": {
    type: "boolean",
    default: true,
    description:
      "findings that the constitution's `security.fail_on` (high and critical, usually) fails stop a release by themselves; without it only rules over scans do",
    overridable: false,
  },
  "ship.alerts.webhook_url": {
    type: "url",
    default: undefined,
    description:
      "address that alerts and announcements are posted to, where it is no secret; one that holds a token belongs into a variable",
    overridable: true,
  },
  "ship.alerts.webhook_url_env": {
    type: "variable",
    default: undefined,
    description: "environment variable with that address; it goes before `webhook_url`",
    overridable: true,
  },
  "ship.alerts.error_url": {
    type: "url",
    default: undefined,
    description:
      "address that failed releases are told to, such as a Gotify server's: JSON with title, message and priority",
    overridable: true,
  },
  "ship.alerts.error_url_env": {
    type: "variable",
    default: undefined,
    description: "environment variable with that address; it goes before `error_url`",
    overridable: true,
  },
  "ship.alerts.signing_key_env": {
    type: "variable",
    default: undefined,
    description:
      "environment variable with a key that what is posted is signed with: `X-Codemonkeys-Signature-256`, HMAC-SHA-256 of the body, as GitHub does",
    overridable: true,
  },
  "ship.provenance.key_env": {
    type: "variable",
    default: undefined,
    description:
      "environment variable with the private key (PEM: Ed25519, or ECDSA on P-256 or P-384) that releases' provenance is signed with; without a key it is kept unsigned",
    overridable: false,
  },
  "ship.provenance.key_secret": {
    type: "secret",
    default: undefined,
    description: "entry of an encrypted secrets file with that key, instead of a variable",
    overridable: false,
  },
  "ship.registries.crates_io": {
    type: "registry",
    default: registry("CARGO_REGISTRY_TOKEN"),
    description: "publish Rust packages, and where to; `true` is the registry cargo is configured for",
    overridable: true,
  },
  "ship.registries.docker_hub": {
    type: "registry",
    default: registry("DOCKER_TOKEN"),
    description: "publish images, and where to; `true` is the registry the image tool is configured for",
    overridable: true,
  },
  "ship.registries.pypi": {
    type: "registry",
    default: registry("PYPI_TOKEN"),
    description: "publish Python packages, and where to; `true` is the index twine is configured for",
    overridable: true,
  },
  "ship.registries.npm": {
    type: "registry",
    default: registry("NPM_TOKEN"),
    description: "publish npm packages, and where to; `true` is the registry npm is configured for",
    overridable: true,
  },
  "infra.backend": {
    type: "text",
    default: "local",
    description:
      "where OpenTofu keeps its state: `local` (the user's state directory), `pg` (PostgreSQL, by the secret PG_CONN_STR) or `s3`",
    overridable: false,
  },
  "infra.bucket": {
    type: "text",
    default: undefined,
    description: "bucket of the backend `s3`; its keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    overridable: false,
  },
  "infra.bucket_endpoint": {
    type: "url",
    default: undefined,
    description: "address of an S3-compatible store; Amazon's own without it",
    overridable: false,
  },
  "infra.secrets": {
    type: "text",
    default: "",
    description:
      "names of the secrets that OpenTofu gets as variables, separated by spaces: bound variables, or entries of an encrypted file",
    overridable: false,
  },
  "infra.plan_secrets": {
    type: "text",
    default: undefined,
    description:
      "with `zones: two`: names of the bound variables that OpenTofu gets in the work half, where it plans; they may only read. Empty: none are needed",
    overridable: false,
  },
  "model.endpoint": {
    type: "url",
    default: "http://127.0.0.1:11434",
    description: "address of the Ollama server that heal asks when no template fits",
    overridable: true,
  },
  "model.name": {
    type: "text",
    default: "qwen2.5-coder:7b",
    description: "model that heal asks",
    overridable: true,
  },
  "model.timeout_seconds": {
    type: "integer",
    default: 120,
    description: "seconds until an unanswered question to the model is given up",
    overridable: true,
    min: 1,
  },
  "model.token_budget": {
    type: "integer",
    default: 60_000,
    description: "tokens, prompts and answers together, that one heal run may use; 0 asks no model",
    overridable: true,
    min: 0,
  },
  "git.author_name": {
    type: "text",
    default: "Code Monkeys Ship",
    description: "author of the commits and tags that the program makes",
    overridable: true,
  },
  "git.author_email": {
    type: "text",
    default: "codemonkeys@localhost",
    description: "mail address of that author",
    overridable: true,
  },
  "git.main_branch": {
    type: "text",
    default: "main",
    description: "branch that releases are made from",
    overridable: true,
  },
  "ci.backend": {
    type: "text",
    default: "local",
    description: "where the product is built: `local` (this program), `jenkins` or `github-actions`",
    overridable: true,
    choices: ["local", "jenkins", "github-actions"],
  },
  "ci.job": {
    type: "text",
    default: undefined,
    description:
      "the product's job, with {company}, {product} and {branch} filled in; not set, `{company}/{product}/{branch}` of a multibranch job in Jenkins, and `ci.yml@{branch}` in GitHub Actions",
    overridable: true,
  },
  "ci.heal_job": {
    type: "text",
    default: "{company}/_system/heal",
    description: "Jenkins job that watch starts to heal a failed build, with {company} and {product} filled in",
    overridable: false,
  },
  "ci.ship_job": {
    type: "text",
    default: "{company}/_system/ship",
    description: "Jenkins job that watch starts to release what is green, with {company} and {product} filled in",
    overridable: false,
  },
  "ci.act_job": {
    type: "text",
    default: "{company}/_act/{job}",
    description:
      "Jenkins job that does an act half (zones: two); {job} is `land`, `publish`, `deploy` or `apply`, {company} and {product} are filled in too",
    overridable: false,
  },
  "jenkins.url": {
    type: "url",
    default: undefined,
    description: "address of the Jenkins controller, when it is not the JENKINS_URL that Jenkins itself sets",
    overridable: false,
  },
  "jenkins.ca_file": {
    type: "path",
    default: undefined,
    description: "PEM file of the authority that signed the controller's certificate, when the system does not know it",
    overridable: false,
  },
  "jenkins.library": {
    type: "text",
    default: "codemonkeys",
    description: "shared library that generated Jenkinsfiles load, as `name` or `name@version`",
    overridable: true,
  },
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof OPTIONS;

/** The type of a key's value: what the file can say, or `undefined` where the default is "not set". */
export type OptionValue<N extends OptionName> =
  | ValueTypes[(typeof OPTIONS)[N]["type"]]
  | (undefined extends (typeof OPTIONS)[N]["default"] ? undefined : never);

export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];

export function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(OPTIONS, name);
}

/** The table's row as its general type; the table itself keeps the literal types. */
export function optionOf(name: OptionName): Option {
  return OPTIONS[name];
}
