// SPDX-License-Identifier: Apache-2.0

/** What two answers may differ in and still be the same: each rule says why. */

const RULES: [pattern: RegExp, replacement: string][] = [
  // The header is compared by status, type, length rule and connection; times and labels are not, nor the reason phrase.
  [/^HTTP\/1\.1 (\d+) [^\r]*/, "HTTP/1.1 $1"],
  [/\r\nDate: [^\r]*/, ""],
  [/\r\nX-Stand-In: [^\r]*/, ""],
  // Texts below differ in length; that the length is right is tested for every answer by itself.
  [/\r\nContent-length: [1-9]\d*/, "\r\nContent-length: N"],
  // Clocks.
  [/<(REGTIME|MODTIME|TIMESTAMP|TIME|EXPIRATION_TIME)>\d+</g, "<$1>T<"],
  [/<(LAST_POLL|LAST_BACKUP_TIME|[PRE]?[SE]TIME)>[1-9]\d*</g, "<$1>T<"],
  [/<(TIME|DATE|TIMESTAMP)><!\[CDATA\[\d+\]\]>/g, "<$1>T"],
  [/<REQUEST_ID>\d+</g, "<REQUEST_ID>N<"],
  // Hours of running, which the replay has none of.
  [/<(R?HOURS)>[\d.]+</g, "<$1>N<"],
  // What the dummy driver makes up for a VM.
  [/(?<=<MONITORING><CPU>.{0,400}<\w+>)<!\[CDATA\[\d+\]\]>/g, "N"],
  // Names of backups are made of the time.
  [/<NAME>(\d+) \d\d-\w{3} [\d.]{8}</g, "<NAME>$1 T<"],
  [/(<ERROR><!\[CDATA\[)\w{3} \w{3} [ \d]\d [\d:]{8} \d{4} :/g, "$1T :"],
  // A lock that is tested answers with its time.
  [/(<string>\[one\.\w+\.lock\] )\d{10}</, "$1T<"],
  // A range that has no IPv4 address begins at a random MAC.
  [/<MAC><!\[CDATA\[[\w:]+\]\]><\/MAC>(<SIZE>[^/]*<\/SIZE><TYPE><!\[CDATA\[ETHER)/g, "<MAC>R</MAC>$1"],
  // Random numbers: passwords of accounts that the recorded server made up, tokens, the server's own key.
  [/<UUID><!\[CDATA\[[0-9a-f-]{36}\]\]>/g, "<UUID>R"],
  [/<(TOKEN_PASSWORD|ONE_KEY)><!\[CDATA\[\w+\]\]>/g, "<$1>R"],
  [/(<NAME>serveradmin<\/NAME><PASSWORD>)<!\[CDATA\[\w+\]\]>/g, "$1R"],
  [/<string>[0-9a-f]{64}<\/string>/g, "<string>R</string>"],
  [/<TOKEN>[0-9a-f]{64}</g, "<TOKEN>R<"],
  // Wording after the place where an XML or template parser gave up; part of it is memory junk in the recordings.
  [/(Parse error: syntax error).*?(?=<\/string>)/g, "$1"],
  [/(Call is not valid XML\. ).*?(?=<\/string>)/gs, "$1"],
  // Descriptions of the objects of the first start are sentences of OpenNebula's.
  [
    /<DESCRIPTION><!\[CDATA\[(Every new group|MarketPlace|OpenNebula Systems|The default sec|Added to).*?\]\]>/g,
    "<DESCRIPTION>D",
  ],
  // What the recorded server's dummy driver invents for a host, beyond what the stand-in's does.
  [/<(PCI_DEVICES|NUMA_NODES)>.*?<\/\1>/gs, "<$1></$1>"],
  [/<NUMA_NODE>.*?<\/NUMA_NODE>/gs, ""],
  [/<(KVM_CPU_FEATURES|KVM_CPU_MODELS)>.*?<\/\1>/gs, ""],
  [/<(FREE_CPU|FREE_MEMORY|USED_CPU|USED_MEMORY|NETRX|NETTX|FREE_DISK|USED_DISK)><!\[CDATA\[\d+\]\]>/g, "<$1>N"],
  // What networks use and are listed under: the stand-in has none yet.
  [/<VNETS>(<ID>\d+<\/ID>)*<\/VNETS>/g, "<VNETS></VNETS>"],
  // Space on datastores is whatever the machine has.
  [/<(TOTAL_MB|FREE_MB|USED_MB)>\d+</g, "<$1>N<"],
];

const METHOD_RULES: Record<string, [pattern: RegExp, replacement: string][]> = {
  // The help is a sentence of OpenNebula's.
  "system.methodHelp": [[/<string>.*?<\/string>/s, "<string>help</string>"]],
};

export function normalise(text: string, method: string | null): string {
  // The body is XML inside XML; rules speak of the inner one.
  const plain = text.replace(/&lt;/g, "<").replace(/&gt;/g, ">");
  const rules = [...RULES, ...(METHOD_RULES[method ?? ""] ?? [])];
  return rules.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), plain);
}
