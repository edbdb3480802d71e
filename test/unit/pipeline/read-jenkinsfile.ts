/**
 * A small reader of declarative Jenkinsfiles, independent of the renderer: it follows Groovy's own rules for strings,
 * comments and braces, so that a value which broke out of its place would show as structure.
 */

export interface ReadStage {
  readonly name: string;
  /** Names of the stages below it, whether in sequence or in parallel. */
  readonly children: string[];
  readonly parallel: boolean;
  /** The one step of a leaf. */
  readonly call: string;
  /** Conditions as written, `anyOf` around alternatives. */
  readonly when: string[];
  readonly comments: string[];
  readonly post: boolean;
}

interface Block {
  readonly head: string;
  readonly lines: string[];
  readonly comments: string[];
  readonly blocks: Block[];
}

export function readJenkinsfile(text: string): { readonly stages: ReadStage[] } {
  const root = readBlocks(tokens(text));
  const pipeline = root.blocks.find((block) => block.head === "pipeline");
  if (!pipeline) throw new Error("no pipeline block");
  const stages: ReadStage[] = [];
  const visit = (block: Block) => {
    for (const child of block.blocks) {
      if (child.head.startsWith("stage(")) stages.push(stageOf(child));
      visit(child);
    }
  };
  visit(pipeline);
  return { stages };
}

function stageOf(block: Block): ReadStage {
  const part = (head: string) => block.blocks.find((one) => one.head === head);
  const group = part("stages") ?? part("parallel");
  const when = part("when");
  return {
    name: nameOf(block),
    children: group?.blocks.map(nameOf) ?? [],
    parallel: part("parallel") !== undefined,
    call: part("steps")?.lines.join("; ") ?? "",
    when: when ? [...when.blocks.map((one) => `${one.head}(${one.lines.join(" | ")})`), ...when.lines] : [],
    comments: block.comments,
    post: part("post") !== undefined,
  };
}

function nameOf(block: Block): string {
  return readGroovyString(block.head.slice("stage(".length)).value;
}

/** Reads one single-quoted Groovy string; throws when it does not end. */
export function readGroovyString(source: string): { readonly value: string; readonly rest: string } {
  if (source[0] !== "'") throw new Error(`no string: ${source.slice(0, 40)}`);
  let value = "";
  for (let at = 1; at < source.length; at += 1) {
    const character = source[at] as string;
    if (character === "'") return { value, rest: source.slice(at + 1) };
    if (character === "\n" || character === "\r") break;
    if (character !== "\\") {
      value += character;
      continue;
    }
    at += 1;
    const letter = source[at] as string;
    if (letter === "u") {
      value += String.fromCharCode(Number.parseInt(source.slice(at + 1, at + 5), 16));
      at += 4;
    } else {
      value += { n: "\n", r: "\r", t: "\t" }[letter] ?? letter;
    }
  }
  throw new Error(`the string does not end: ${source.slice(0, 40)}`);
}

type Token = { readonly kind: "code" | "comment"; readonly text: string } | { readonly kind: "{" | "}" | "\n" };

function tokens(text: string): Token[] {
  const found: Token[] = [];
  let code = "";
  const flush = () => {
    if (code.trim()) found.push({ kind: "code", text: code.trim() });
    code = "";
  };
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] as string;
    if (character === "'") {
      const { rest } = readGroovyString(text.slice(at));
      const end = text.length - rest.length;
      code += text.slice(at, end);
      at = end - 1;
    } else if (text.startsWith("//", at)) {
      const end = text.indexOf("\n", at);
      flush();
      found.push({ kind: "comment", text: text.slice(at + 2, end).trim() });
      at = end - 1;
    } else if (character === "{" || character === "}" || character === "\n") {
      flush();
      found.push({ kind: character });
    } else {
      code += character;
    }
  }
  flush();
  return found;
}

function readBlocks(all: readonly Token[]): Block {
  const root: Block = { head: "", lines: [], comments: [], blocks: [] };
  const open: Block[] = [root];
  for (const token of all) {
    const current = open.at(-1);
    if (!current) throw new Error("a brace too many");
    if (token.kind === "code") current.lines.push(token.text);
    else if (token.kind === "comment") current.comments.push(token.text);
    else if (token.kind === "{") {
      const block: Block = { head: current.lines.pop() ?? "", lines: [], comments: [], blocks: [] };
      current.blocks.push(block);
      open.push(block);
    } else if (token.kind === "}") open.pop();
  }
  if (open.length !== 1) throw new Error("a brace is missing");
  return root;
}
