import { join } from "node:path";
import type { Homes } from "../../core/state-home.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Files and directories below a home that hold keys, tokens or what leads to them. */
const BELOW_HOME = [
  ".ssh",
  ".gnupg",
  ".config/sops",
  ".config/age",
  ".config/gh",
  ".config/hub",
  ".config/glab-cli",
  ".config/gcloud",
  ".config/op",
  ".config/containers",
  ".config/git/credentials",
  ".config/pip",
  ".config/pypoetry",
  ".config/configstore",
  ".config/rclone",
  ".local/share/keyrings",
  ".local/share/pypoetry",
  ".password-store",
  ".npmrc",
  ".yarnrc",
  ".yarnrc.yml",
  ".pypirc",
  ".pip",
  ".cargo/credentials",
  ".cargo/credentials.toml",
  ".docker",
  ".aws",
  ".azure",
  ".kube",
  ".netrc",
  ".git-credentials",
  ".terraform.d/credentials.tfrc.json",
  ".terraformrc",
  ".tofurc",
  ".gem/credentials",
  ".m2/settings.xml",
  ".m2/settings-security.xml",
  ".gradle/gradle.properties",
  ".vault-token",
  ".ansible/galaxy_token",
  ".jenkins",
  ".bash_history",
  ".zsh_history",
  ".python_history",
  ".node_repl_history",
] as const;

/** Places outside a home: mounted secrets, and sockets whose owner is root on this machine in all but name. */
const ELSEWHERE = [
  "/run/secrets",
  "/var/run/secrets",
  "/run/docker.sock",
  "/run/podman",
  "/run/containerd",
  "/var/lib/jenkins/secrets",
  "/var/jenkins_home/secrets",
] as const;

/** Variables that name a secret file or directory. */
const NAMED_BY = [
  "SOPS_AGE_KEY_FILE",
  "NPM_CONFIG_USERCONFIG",
  "npm_config_userconfig",
  "GOOGLE_APPLICATION_CREDENTIALS",
  "AWS_SHARED_CREDENTIALS_FILE",
  "AWS_CONFIG_FILE",
  "AZURE_CONFIG_DIR",
  "CLOUDSDK_CONFIG",
  "KUBECONFIG",
  "DOCKER_CONFIG",
  "GNUPGHOME",
  "NETRC",
  "PASSWORD_STORE_DIR",
  "XDG_RUNTIME_DIR",
] as const;

/**
 * What product code must not see on this machine, whether it exists or not: keys and tokens of the person, and this
 * program's own state and tools (which the act half trusts).
 */
export function secretPlaces(environment: Environment, home: string, own: Homes): string[] {
  const named = NAMED_BY.flatMap((name) => environment[name]?.split(":") ?? []);
  const xdg = environment.XDG_CONFIG_HOME;
  const inXdg = xdg
    ? BELOW_HOME.filter((path) => path.startsWith(".config/")).map((path) => join(xdg, path.slice(".config/".length)))
    : [];
  const cargo = environment.CARGO_HOME;
  const inCargo = cargo ? [join(cargo, "credentials"), join(cargo, "credentials.toml")] : [];
  const uid = process.getuid?.();
  const all = [
    ...BELOW_HOME.map((path) => join(home, path)),
    ...inXdg,
    ...inCargo,
    ...ELSEWHERE,
    ...(uid === undefined ? [] : [`/run/user/${uid}`]),
    ...named,
    own.config,
    own.state,
    own.cache,
  ];
  return [...new Set(all.filter((path) => path.startsWith("/") && path !== "/" && path !== home))];
}
