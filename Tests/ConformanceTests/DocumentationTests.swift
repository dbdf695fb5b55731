import Foundation
import Testing

/// `docs/gateway-api.md` says neither more nor less than the tests.
@Suite struct DocumentationTests {
    /// A row of a table: what it is about, how it is supported, and by which tests that is shown.
    private struct Row {
        var subject: String
        var support: String
        var tests: [String]

        init?(_ line: Substring) {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
                .dropFirst().dropLast().map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 4, cells[2] != "support", !cells[2].hasPrefix("---") else {
                return nil
            }
            subject = cells[0].replacing("`", with: "") + " " + cells[1]
            support = cells[2]
            tests = cells[3].replacing("`", with: "").components(separatedBy: ", ")
                .filter { !$0.isEmpty }
        }
    }

    private static func rows(_ section: String) throws -> [Row] {
        let text = try String(contentsOfFile: Place.file("docs/gateway-api.md"), encoding: .utf8)
        let part = text.components(separatedBy: "\n## ").first { $0.hasPrefix(section) }
        return try #require(part).split(separator: "\n").compactMap(Row.init)
    }

    private static func allRows() throws -> [Row] {
        try rows("Features") + rows("Kinds and fields")
    }

    @Test func everyTestThatIsNamedExistsAndEveryCaseIsNamed() throws {
        let cases = Set(try ConformanceTests.allCases().map(\.behaviour))
        let named = Set(try Self.allRows().flatMap(\.tests))
        #expect(named.subtracting(cases).sorted() == [])
        #expect(cases.subtracting(named).sorted() == [])
        #expect(try ConformanceTests.allCases().count { $0.group != "Beyond" } == 162)
    }

    @Test func whatIsClaimedIsShown() throws {
        let runs = try ConformanceTests.allCases().flatMap { testCase in
            DataPlane.allCases.map { "\(testCase.behaviour)/\($0)" }
        }
        #expect(Set(try KnownFailures.load().keys).subtracting(runs).sorted() == [])
        let failures = Set(
            try KnownFailures.load().keys.map { String($0.prefix { $0 != "/" }) })
        for row in try Self.allRows() {
            if row.support == "yes" {
                #expect(!row.tests.isEmpty, "\(row.subject) has no test")
                #expect(
                    failures.isDisjoint(with: row.tests),
                    "\(row.subject) is claimed although a test of it fails")
            } else {
                #expect(
                    row.support.hasPrefix("no: ") || row.support.hasPrefix("partly: "),
                    "\(row.subject) gives no reason")
            }
        }
    }

    @Test func theControlPlaneClaimsTheSame() async throws {
        let claimed = try await SupportedFeatures.ofControlPlane()
        let documented = try Self.rows("Features").filter { $0.support == "yes" }
            .map { String($0.subject.prefix { $0 != " " }) }
        #expect(claimed.subtracting(documented).sorted() == [])
        #expect(Set(documented).subtracting(claimed).sorted() == [])
    }

    /// Features by the statuses of a GatewayClass and an XMesh.
    private enum SupportedFeatures {
        static func ofControlPlane() async throws -> Set<String> {
            let manifests = """
                apiVersion: gateway.networking.k8s.io/v1
                kind: GatewayClass
                metadata: {name: own}
                spec: {controllerName: heddle.dev/gateway-controller}
                ---
                apiVersion: gateway.networking.x-k8s.io/v1alpha1
                kind: XMesh
                metadata: {name: own}
                spec: {controllerName: heddle.dev/gateway-controller}
                """
            let testCase = Case(behaviour: "Features", manifests: try Manifest.all(in: manifests))
            let world = try await World(testCase, number: 254, plane: .agent)
            do {
                let features = try await world.supportedFeatures()
                _ = await world.stop()
                return features
            } catch {
                _ = await world.stop()
                throw error
            }
        }
    }
}
