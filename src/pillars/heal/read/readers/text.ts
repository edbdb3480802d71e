import type { Category } from "../report.ts";

/** Wordings that readers of several tools share. */

const INFRASTRUCTURE =
  /no space left on device|ENOSPC|disk quota exceeded|\bENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNRESET|ECONNREFUSED|EADDRINUSE|address already in use|EPIPE\b|socket hang up|connection (?:refused|reset|timed out|was closed)|network (?:is unreachable|timeout|error)|could not resolve host|temporary failure in name resolution|name or service not known|no such host|i\/o timeout|tls handshake timeout|context deadline exceeded|client\.timeout exceeded|read timed out|connect timed out|connecttimeout|operation timed out|(?:502 bad gateway|503 service (?:temporarily )?unavailable|504 gateway time-?out|429 too many requests)|status code:? (?:429|50[0234])\b|toomanyrequests|rate limit exceeded|unable to access '.*(?:timed out|could not resolve|failed to connect)|remote end hung up unexpectedly|early eof|httpreadseeker: failed open|java heap space|outofmemoryerror|out of memory|cannot allocate memory|heap limit allocation failed|oom-?kill|exit(?:ed with)? (?:code|status):? 137\b|signal:? killed|the runner has received a shutdown signal|lost communication with the server|agent (?:was removed|went offline|is offline)|remote call on .* failed|channelclosedexception|no route to host|unexpected eof while reading|proxyconnect tcp|failed to fetch oauth token|max retries exceeded|newconnectionerror|certificate has expired|unable to get local issuer certificate|failed to connect to|couldn't connect to server|transfer failed for|premature end of content-length/i;

/** Network, disk, memory, timeout, agent lost, registry down: repeated later it may well pass. */
export function isInfrastructure(message: string): boolean {
  return INFRASTRUCTURE.test(message);
}

const SECRET =
  /could not find credentials entry|input required and not supplied: \S*(?:token|key|password|secret)|(?:missing|no|invalid|bad|unset|not set|undefined).{0,20}\b(?:api[_ -]?key|access[_ -]?key|auth(?:entication)? token|credentials?|password|secret)\b|\b(?:api[_ -]?key|token|credentials?|password|secret)\b.{0,30}(?:is missing|not set|is not set|must be (?:set|provided)|is required|not found|not provided|undefined|expired)|ENEEDAUTH|\bE401\b|401 unauthorized|could not read (?:username|password)|authentication (?:failed|required)|permission denied \(publickey|unable to locate credentials|no valid credential sources|no basic auth credentials|denied: requested access|requires? (?:you to )?(?:be )?log(?:ged)? ?in/i;

/** A credential that is not there, or that the other side does not take. */
export function isSecretMissing(message: string): boolean {
  return SECRET.test(message);
}

/** `infrastructure` or `secret_missing` when the wording says so, else what the tool usually means. */
export function categoryOf(message: string, usual: Category): Category {
  if (isInfrastructure(message)) return "infrastructure";
  return isSecretMissing(message) ? "secret_missing" : usual;
}

export function indentOf(text: string): number {
  return text.length - text.trimStart().length;
}

export function isBlank(text: string): boolean {
  return text.trim() === "";
}

/** First group of the first match, for captures. */
export function find(text: string, pattern: RegExp): string | undefined {
  return pattern.exec(text)?.[1];
}
