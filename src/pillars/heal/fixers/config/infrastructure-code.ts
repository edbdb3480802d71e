import { didYouMean } from "../../../../core/suggest.ts";
import { editLine, type Fixer, placeOf, proposals, rewrite, textOf, wholeWord } from "../fixer.ts";

const MODULE = /couldn't resolve module\/action '([\w.]+)'/;
const ATTRIBUTE = /'(\w+)' is not a valid attribute for a (\w+)/;
const CONFLICTING = /conflicting action statements: ([\w., ]+)/;

/** Keywords by what they stand in: those of Ansible's "Playbook Keywords" page that people write by hand. */
const COMMON = [
  "become",
  "become_user",
  "check_mode",
  "collections",
  "connection",
  "delegate_to",
  "diff",
  "environment",
  "gather_facts",
  "ignore_unreachable",
  "module_defaults",
  "name",
  "no_log",
  "port",
  "remote_user",
  "run_once",
  "tags",
  "throttle",
  "timeout",
  "vars",
  "when",
];
const KEYWORDS: Readonly<Record<string, readonly string[]>> = {
  Play: [
    ...COMMON,
    "fact_path",
    "force_handlers",
    "gather_subset",
    "gather_timeout",
    "handlers",
    "hosts",
    "max_fail_percentage",
    "order",
    "post_tasks",
    "pre_tasks",
    "roles",
    "serial",
    "strategy",
    "tasks",
    "vars_files",
    "vars_prompt",
  ],
  Task: [
    ...COMMON,
    "action",
    "args",
    "async",
    "changed_when",
    "delay",
    "delegate_facts",
    "failed_when",
    "local_action",
    "loop",
    "loop_control",
    "notify",
    "poll",
    "register",
    "retries",
    "until",
    "with_items",
    "with_dict",
    "with_fileglob",
  ],
  Block: [...COMMON, "always", "block", "delegate_facts", "notify", "rescue"],
};
/** Modules of ansible.builtin that people use. */
const BUILTIN =
  "add_host apt apt_key apt_repository assemble assert async_status blockinfile command copy cron debconf debug dnf dpkg_selections expect fail fetch file find gather_facts get_url getent git group group_by hostname import_playbook import_role import_tasks include_role include_tasks include_vars iptables known_hosts lineinfile meta mount_facts package package_facts pause ping pip raw reboot replace rpm_key script service service_facts set_fact set_stats setup shell slurp stat subversion systemd systemd_service sysvinit tempfile template unarchive uri user validate_argument_spec wait_for wait_for_connection yum yum_repository".split(
    " ",
  );

export const ansibleMisspelt: Fixer = {
  name: "ansible-misspelt",
  summary: "a misspelt module or keyword of an Ansible playbook",
  trust: 0.9,
  async propose(input) {
    const text = textOf(input);
    const place = await placeOf(input);
    if (!place || !/\.ya?ml$/.test(place.file)) return [];
    const lines = ((await input.tree.read(place.file)) ?? "").split("\n");
    const [wrong, meant] = meantIn(text, /^\s*- [\w.]+:/.test(lines[place.line] ?? ""));
    if (wrong === undefined || meant === undefined) return [];
    return proposals(`write ${meant} for ${wrong}`, [
      await rewrite(input.tree, place.file, (source) => {
        const lines = source.split("\n");
        // A task's place is its first key; the wrong one may stand some lines below.
        const at = lines.findIndex(
          (line, index) =>
            index >= place.line - 1 && new RegExp(`^\\s*(?:- )?${wrong.replaceAll(".", "\\.")}\\s*:`).test(line),
        );
        return at < 0 ? undefined : lines.with(at, (lines[at] ?? "").replace(wrong, meant)).join("\n");
      }),
    ]);
  },
};

/** Keywords of a play that hold a list of mappings. */
const LISTS = ["handlers", "post_tasks", "pre_tasks", "roles", "tasks", "vars_prompt"];

/** @param listed a list of mappings stands below the place */
function meantIn(text: string, listed: boolean): readonly [wrong: string | undefined, meant: string | undefined] {
  const attribute = ATTRIBUTE.exec(text);
  if (attribute) {
    const [, wrong = "", owner = ""] = attribute;
    return [wrong, didYouMean(wrong, owner === "Play" && listed ? LISTS : (KEYWORDS[owner] ?? []))];
  }
  const module = MODULE.exec(text)?.[1];
  if (module !== undefined) {
    const own = /^(ansible\.(?:builtin|legacy)\.)(\w+)$/.exec(module);
    const word = didYouMean(own?.[2] ?? module, BUILTIN) ?? (own ? undefined : didYouMean(module, KEYWORDS.Task ?? []));
    return [module, word === undefined ? undefined : (own?.[1] ?? "") + word];
  }
  // Of two "actions" of one task, the one that is no module is a misspelt keyword.
  const actions = CONFLICTING.exec(text)?.[1]?.split(/,\s*/) ?? [];
  const wrong = actions.filter((name) => !name.includes(".") && !BUILTIN.includes(name));
  return wrong.length === 1 ? [wrong[0], didYouMean(wrong[0] ?? "", KEYWORDS.Task ?? [])] : [undefined, undefined];
}

const EXPECTED =
  /(?:An argument|A block|Blocks of type) (?:named )?"([\w-]+)"(?: are| is)? not expected here\. Did you mean(?: to define (?:argument|block))?\s+"([\w-]+)"/;
const UNDECLARED = /(?:with the name|named|resource) "?([\w-]+)"? has not been declared[^?]*?Did you mean\s+"([\w-]+)"/;
const UNSUPPORTED =
  /This object does not have an attribute named "([\w-]+)"\.\s*Did you mean\s+"([\w-]+)"|There is no function named "(\w+)"\. Did you mean\s+"(\w+)"/;

export const terraformSuggestion: Fixer = {
  name: "terraform-suggestion",
  summary: "a misspelt argument, block or name of an OpenTofu or Terraform file, as the tool suggests",
  trust: 0.9,
  async propose(input) {
    const text = textOf(input);
    const place = await placeOf(input);
    if (!place || !/\.(?:tf|tofu)$/.test(place.file)) return [];
    const match = EXPECTED.exec(text) ?? UNDECLARED.exec(text) ?? UNSUPPORTED.exec(text);
    const [wrong, meant] = match?.slice(1).filter((group) => group !== undefined) ?? [];
    if (wrong === undefined || meant === undefined) return [];
    return proposals(`write ${meant} for ${wrong}`, [
      await rewrite(
        input.tree,
        place.file,
        editLine(place.line, (line) => line.replace(wholeWord(wrong), meant)),
      ),
    ]);
  },
};
