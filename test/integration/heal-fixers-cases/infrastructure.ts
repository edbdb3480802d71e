import type { FixerCase } from "./case.ts";

const INVENTORY = "-i localhost,";

export const INFRASTRUCTURE: readonly FixerCase[] = [
  {
    fixer: "ansible-misspelt",
    name: "a module",
    files: {
      "p.yml": "- hosts: localhost\n  gather_facts: false\n  tasks:\n    - ansible.builtin.debgu:\n        msg: hi\n",
    },
    command: `ansible-playbook --syntax-check ${INVENTORY} p.yml`,
    after: {
      "p.yml": "- hosts: localhost\n  gather_facts: false\n  tasks:\n    - ansible.builtin.debug:\n        msg: hi\n",
    },
    slow: "starts Ansible often",
  },
  {
    fixer: "ansible-misspelt",
    name: "a keyword of a play",
    files: {
      "p.yml": "- hosts: localhost\n  gather_facts: false\n  taks:\n    - ansible.builtin.debug:\n        msg: hi\n",
    },
    command: `ansible-playbook --syntax-check ${INVENTORY} p.yml`,
    after: {
      "p.yml": "- hosts: localhost\n  gather_facts: false\n  tasks:\n    - ansible.builtin.debug:\n        msg: hi\n",
    },
  },
  {
    fixer: "ansible-misspelt",
    name: "a keyword of a task",
    files: {
      "p.yml": "- hosts: localhost\n  tasks:\n    - ansible.builtin.debug:\n        msg: hi\n      wehn: true\n",
    },
    command: `ansible-playbook --syntax-check ${INVENTORY} p.yml`,
    after: {
      "p.yml": "- hosts: localhost\n  tasks:\n    - ansible.builtin.debug:\n        msg: hi\n      when: true\n",
    },
  },
  {
    fixer: "yaml-syntax",
    name: "a playbook's line off its block",
    files: {
      "p.yml": "- hosts: localhost\n  tasks:\n    - ansible.builtin.debug:\n        msg: hi\n     when: true\n",
    },
    command: `ansible-playbook --syntax-check ${INVENTORY} p.yml`,
    after: {
      "p.yml": "- hosts: localhost\n  tasks:\n    - ansible.builtin.debug:\n        msg: hi\n      when: true\n",
    },
  },
  {
    fixer: "terraform-fmt",
    name: "unformatted",
    files: { "m.tf": 'resource "terraform_data" "a" {\ninput=1\n}\n' },
    command: "tofu fmt -check -diff",
    after: { "m.tf": 'resource "terraform_data" "a" {\n  input = 1\n}\n' },
  },
  {
    fixer: "terraform-suggestion",
    name: "an argument",
    files: { "m.tf": 'resource "terraform_data" "a" {\n  inptu = 1\n}\n' },
    command: "tofu init -no-color -input=false >/dev/null && tofu validate -no-color",
    after: { "m.tf": 'resource "terraform_data" "a" {\n  input = 1\n}\n' },
  },
  {
    fixer: "terraform-suggestion",
    name: "a variable",
    files: { "m.tf": 'variable "region" {\n  default = 1\n}\n\noutput "a" {\n  value = var.regoin\n}\n' },
    command: "tofu init -no-color -input=false >/dev/null && tofu validate -no-color",
    after: { "m.tf": 'variable "region" {\n  default = 1\n}\n\noutput "a" {\n  value = var.region\n}\n' },
  },
  {
    fixer: "docker-copy-path",
    name: "a misspelt file",
    files: { "src/app.conf": "x\n", Dockerfile: "FROM scratch\nCOPY src/ap.conf /etc/app.conf\n" },
    command:
      'S=$(mktemp -d) && buildah --storage-driver vfs --root "$S/root" --runroot "$S/run" bud --isolation chroot -t x . ; R=$?; rm -rf "$S"; exit $R',
    after: { Dockerfile: "FROM scratch\nCOPY src/app.conf /etc/app.conf\n" },
  },
  {
    fixer: "docs-link",
    name: "a page that is called otherwise",
    files: {
      "mkdocs.yml": "site_name: x\n",
      "docs/index.md": "# Home\n\n[Use](usgae.md)\n",
      "docs/usage.md": "# Usage\n",
    },
    command: "mkdocs build --strict --site-dir site",
    after: { "docs/index.md": "# Home\n\n[Use](usage.md)\n" },
    slow: "builds a site three times",
  },
];
