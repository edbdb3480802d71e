import { expect, test } from "vitest";
import { billsFor } from "../../../src/pillars/scan/bills.ts";
import type { Sbom } from "../../../src/pillars/scan/report.ts";
import { nameBill } from "../../../src/tools/trivy/bill.ts";

const place = "/tmp/codemonkeys-release-x/tree";
const subject = { name: "acme/hello", version: "1.0.0", purl: "pkg:oci/hello@sha256%3Aabc?tag=1.0.0" };

test("a CycloneDX bill is named after what it is of, not after where it lay", () => {
  const bill = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    metadata: { timestamp: "2026-01-01T00:00:00Z", component: { "bom-ref": "r", type: "container", name: place } },
    components: [{ name: "lodash", version: "4.17.4" }],
  };
  const named = nameBill(JSON.stringify(bill), "cyclonedx", subject);
  expect(named.ok && JSON.parse(named.value)).toEqual({
    ...bill,
    metadata: { ...bill.metadata, component: { "bom-ref": "r", type: "container", ...subject } },
  });
});

test("an SPDX bill is, too; packages in it keep their names", () => {
  const id = "b68bcee2-cad5-4fda-8741-8b01dbf3d169";
  const bill = {
    spdxVersion: "SPDX-2.3",
    name: place,
    documentNamespace: `http://localhost/filesystem/${place}-${id}`,
    packages: [
      { SPDXID: "SPDXRef-Filesystem-1", name: place },
      { SPDXID: "SPDXRef-Package-2", name: "lodash", versionInfo: "4.17.4" },
    ],
    relationships: [
      {
        spdxElementId: "SPDXRef-DOCUMENT",
        relatedSpdxElement: "SPDXRef-Filesystem-1",
        relationshipType: "DESCRIBES",
      },
    ],
  };
  const named = nameBill(JSON.stringify(bill), "spdx-json", { name: "payments" });
  const shown = named.ok && JSON.parse(named.value);
  expect(JSON.stringify(shown)).not.toContain(place);
  expect(shown.name).toBe("payments");
  expect(shown.documentNamespace).toBe(`urn:codemonkeys:spdx:payments:${id}`);
  expect(shown.packages).toEqual([{ SPDXID: "SPDXRef-Filesystem-1", name: "payments" }, bill.packages[1]]);
});

test("what is no bill of materials is garbage, never an empty bill", () => {
  for (const text of ["", "{}", "[]"]) {
    for (const format of ["cyclonedx", "spdx-json"] as const) {
      const named = nameBill(text, format, subject);
      expect(named.ok ? [] : named.diagnostics.map(({ code }) => code), text).toEqual(["scan.garbage"]);
    }
  }
});

test("a unit goes with the bills of its own images, and with the source's", () => {
  const bill = (of: string): Sbom => ({ name: of, in: of, format: "cyclonedx", digest: "a".repeat(64) });
  const all = [{ file: "web.oci.tar" }, { file: "api.oci.tar" }];
  const names = billsFor([{ file: "web.oci.tar" }], all, ["source", "web.oci.tar", "api.oci.tar"].map(bill)).map(
    ({ name }) => name,
  );
  expect(names).toEqual(["source", "web.oci.tar"]);
});
