import * as z from "zod";
import { type Outcome, succeed } from "../../core/diagnostic.ts";
import { parseAnswer } from "../scanner/run.ts";

export type BillFormat = "cyclonedx" | "spdx-json";

/** What a bill of materials is of, as its readers know it. */
export interface BillSubject {
  readonly name: string;
  readonly version?: string | undefined;
  /** Package URL, where there is a spelling for it. */
  readonly purl?: string | undefined;
}

const cyclonedx = z.looseObject({
  bomFormat: z.literal("CycloneDX"),
  metadata: z.looseObject({ component: z.looseObject({ name: z.string() }) }),
});

const spdx = z.looseObject({
  spdxVersion: z.string(),
  name: z.string(),
  documentNamespace: z.string(),
  packages: z.array(z.looseObject({ SPDXID: z.string(), name: z.string() })).default([]),
  relationships: z
    .array(z.looseObject({ spdxElementId: z.string(), relatedSpdxElement: z.string(), relationshipType: z.string() }))
    .default([]),
});

/**
 * A bill of materials as Trivy wrote it, under the name of what it is of. Trivy knows that by the place where it looked
 * only, a scratch folder of this machine.
 */
export function nameBill(text: string, format: BillFormat, subject: BillSubject): Outcome<string> {
  const named = format === "cyclonedx" ? nameCycloneDx(text, subject) : nameSpdx(text, subject);
  return named.ok ? succeed(`${JSON.stringify(named.value, null, 2)}\n`) : named;
}

function nameCycloneDx(text: string, { name, version, purl }: BillSubject): Outcome<object> {
  const read = parseAnswer("trivy", text, cyclonedx);
  if (!read.ok) return read;
  const bill = read.value;
  const component = {
    ...bill.metadata.component,
    name,
    ...(version === undefined ? {} : { version }),
    ...(purl === undefined ? {} : { purl }),
  };
  return succeed({ ...bill, metadata: { ...bill.metadata, component } });
}

function nameSpdx(text: string, { name, version, purl }: BillSubject): Outcome<object> {
  const read = parseAnswer("trivy", text, spdx);
  if (!read.ok) return read;
  const bill = read.value;
  const described = bill.relationships.find(({ relationshipType }) => relationshipType === "DESCRIBES");
  const packages = bill.packages.map((one) =>
    one.SPDXID === described?.relatedSpdxElement
      ? {
          ...one,
          name,
          ...(version === undefined ? {} : { versionInfo: version }),
          ...(purl === undefined
            ? {}
            : {
                externalRefs: [{ referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator: purl }],
              }),
        }
      : one,
  );
  const id = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.exec(bill.documentNamespace)?.[0] ?? "";
  const what = [name, ...(version === undefined ? [] : [version])].map(encodeURIComponent).join("-");
  return succeed({ ...bill, name, documentNamespace: `urn:codemonkeys:spdx:${what}:${id}`, packages });
}
