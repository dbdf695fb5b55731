import Testing

@testable import GatewayAPI

@Suite struct ManifestDecoderTests {
    static let split = """
        # Half and half.
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata:
          name: reviews-route
          namespace: bookinfo
          labels:
            app: reviews
            example.net/team: web
        spec:
          parentRefs:
          - group: ""
            kind: Service
            name: reviews
            port: 9080
          rules:
          - backendRefs:
            - name: reviews-v1
              port: 9080
              weight: 50
            - name: reviews-v2
              port: 9080
              weight: 50

        """

    @Test func readsTheTutorialsRoute() throws {
        let manifest = decode(Self.split)
        #expect(manifest.diagnostics.isEmpty)
        let resource = try #require(manifest.resources.first)
        #expect(resource.reference.description == "HTTPRoute bookinfo/reviews-route")
        #expect(resource.metadata.labels == ["app": "reviews", "example.net/team": "web"])
        #expect(resource.metadata.creationTimestamp == nil)
        #expect(resource.location == SourceLocation(file: "a.yaml", line: 2))

        let route = try #require(resource.content as? HTTPRoute)
        var parent = ParentReference(name: "reviews")
        parent.group = ""
        parent.kind = "Service"
        parent.port = 9080
        #expect(route.parentRefs == [parent])
        #expect(route.rules.count == 1)
        #expect(route.rules[0].matches == [HTTPRoute.Match()])
        #expect(
            route.rules[0].backendRefs == [
                HTTPRoute.BackendRef(name: "reviews-v1", port: 9080, weight: 50),
                HTTPRoute.BackendRef(name: "reviews-v2", port: 9080, weight: 50),
            ])
    }

    @Test func knowsTheLineOfEveryField() throws {
        let resource = try #require(decode(Self.split).resources.first)
        #expect(resource.line(of: "spec.rules[0].backendRefs[1]") == 21)
        #expect(resource.line(of: "spec.rules[0].backendRefs[1].weight") == 23)
        #expect(resource.line(of: "metadata.labels[example.net/team]") == 9)
        #expect(resource.line(of: "metadata.labels.app") == 8)
        // What the manifest does not spell out is where its parent is.
        #expect(resource.line(of: "spec.rules[0].matches[0].path.value") == 17)
        #expect(resource.line(of: "spec.rules[3].timeouts") == 16)
        #expect(resource.line(of: "nothing") == 2)
        #expect(resource.location(of: "spec.parentRefs")?.description == "a.yaml:11")
    }

    @Test func rendersAMistakeOnOneLine() {
        let text = Self.split.replacing("weight: 50", with: "weight: \"fifty\"", maxReplacements: 1)
        let manifest = decode(text, file: "examples/x.yaml")
        #expect(manifest.resources.isEmpty)
        #expect(
            manifest.diagnostics.map(\.description) == [
                "examples/x.yaml:20: error: HTTPRoute bookinfo/reviews-route: "
                    + "spec.rules[0].backendRefs[0].weight: expected an integer from 0 to "
                    + "1000000, found \"fifty\"; write a number without quotes"
            ])
    }

    @Test func reportsEveryMistakeOfAnObjectAndKeepsItsNeighbours() {
        let broken = """
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: {name: broken}
            spec:
              hostname: [a.example]
              hostnames: [UPPER.example]
              rules:
              - matches:
                - path: {type: prefix, value: relative}
                  method: get
                backendRefs:
                - name: a
                - port: 70000
                  name: b
                  weight: -1
              - 7
            """
        let manifest = decode(
            Self.split + "---\n" + broken + "\n---\n"
                + Self.split.replacing("reviews-route", with: "other"))
        #expect(manifest.resources.map(\.reference.name) == ["reviews-route", "other"])
        let found = manifest.diagnostics.map { "\($0.code.rawValue) \($0.fieldPath)" }
        #expect(
            Set(found) == [
                "unknownField spec.hostname", "invalidFormat spec.hostnames[0]",
                "unsupportedValue spec.rules[0].matches[0].path.type",
                "unsupportedValue spec.rules[0].matches[0].method",
                "missingField spec.rules[0].backendRefs[0].port",
                "outOfRange spec.rules[0].backendRefs[1].port",
                "outOfRange spec.rules[0].backendRefs[1].weight",
                "wrongType spec.rules[1]",
            ])
        let unknown = manifest.diagnostics.first { $0.code == .unknownField }
        #expect(unknown?.severity == .warning)
        #expect(unknown?.message.contains("did you mean hostnames?") == true)
        #expect(unknown?.location?.line == 29)
        let port = manifest.diagnostics.first { $0.code == .outOfRange }
        #expect(port?.location?.line == 37)
    }

    @Test func aSyntaxErrorCostsItsDocumentOnly() {
        let text =
            Self.split + "---\nkind: [\n---\n" + Self.split.replacing("reviews-route", with: "b")
        let manifest = decode(text)
        #expect(manifest.resources.map(\.reference.name) == ["reviews-route", "b"])
        #expect(manifest.diagnostics.map(\.code) == [.syntax])
        let line = manifest.diagnostics.first?.location?.line ?? 0
        #expect((25...27).contains(line))
    }

    @Test func readsJSONAndLists() throws {
        let json = """
            {"apiVersion": "v1", "kind": "List", "items": [
              {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "bookinfo"}},
              {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "reviews"},
               "spec": {"ports": [{"port": 9080, "targetPort": "http"}], "selector": {"app": "reviews"}}}
            ]}
            """
        let manifest = decode(json, file: "a.json")
        #expect(manifest.diagnostics.isEmpty)
        #expect(
            manifest.resources.map(\.reference.description) == [
                "Namespace bookinfo", "Service default/reviews",
            ])
        let service = try #require(manifest.resources.last?.content as? Service)
        #expect(service.ports[0].targetPort == .name("http"))
        #expect(service.selector == ["app": "reviews"])
        #expect(manifest.resources.last?.line(of: "spec.ports[0].port") == 4)
    }

    @Test func itemsOfATypedListTakeItsKind() {
        let manifest = decode(
            """
            apiVersion: v1
            kind: NamespaceList
            items:
            - metadata: {name: a}
            - metadata: {name: b}
            """)
        #expect(manifest.diagnostics.isEmpty)
        #expect(
            manifest.resources.map(\.reference) == [
                ObjectReference(.namespace, name: "a"), ObjectReference(.namespace, name: "b"),
            ])
    }

    @Test func keepsUnknownKindsAsTrees() throws {
        let manifest = decode(
            """
            apiVersion: example.net/v1alpha1
            kind: CanaryRoute
            metadata: {name: c, namespace: canary}
            spec:
              steps: [1, 2.5, true, null, "x"]
            """)
        #expect(manifest.diagnostics.isEmpty)
        let resource = try #require(manifest.resources.first)
        let content = try #require(resource.content as? Unstructured)
        #expect(content.groupKind == GroupKind(group: "example.net", kind: "CanaryRoute"))
        #expect(content.version == "v1alpha1")
        #expect(content.value["spec"]?["steps"] == [1, 2.5, true, nil, "x"])
        #expect(resource.line(of: "spec.steps[1]") == 5)
    }

    @Test func aMisspelledKindIsPointedOut() {
        let manifest = decode(Self.split.replacing("kind: HTTPRoute", with: "kind: HttpRoute"))
        #expect(manifest.diagnostics.map(\.code) == [.unknownKind])
        #expect(manifest.diagnostics.first?.message.contains("did you mean HTTPRoute?") == true)
        #expect(manifest.resources.first?.content is Unstructured)
    }

    @Test func anUnknownVersionIsAnError() {
        let manifest = decode(Self.split.replacing("k8s.io/v1", with: "k8s.io/v1alpha2"))
        #expect(manifest.resources.isEmpty)
        #expect(manifest.diagnostics.map(\.code) == [.unknownVersion])
    }

    @Test func anObjectThatStandsTwiceCountsOnce() {
        let manifest = decode(Self.split + "---\n" + Self.split)
        #expect(manifest.resources.count == 1)
        #expect(manifest.diagnostics.map(\.code) == [.duplicate])
        #expect(manifest.diagnostics.first?.location?.line == 26)
        #expect(manifest.diagnostics.first?.message.contains("a.yaml:2") == true)
    }

    @Test func valuesOfANewerAPICanBeKept() throws {
        let text = Self.split.replacing(
            "  - backendRefs:", with: "  - matches: [{method: QUERY}]\n    backendRefs:")
        #expect(decode(text).resources.isEmpty)
        var lenient = ManifestDecoder(unknownValues: .keep)
        let manifest = lenient.decode(text.utf8, file: "a.yaml")
        #expect(manifest.diagnostics.map(\.severity) == [.warning])
        let route = try #require(manifest.resources.first?.content as? HTTPRoute)
        #expect(route.rules[0].matches[0].method == .unknown("QUERY"))
        #expect(route.rules[0].matches[0].method?.rawValue == "QUERY")
    }
}

@Suite struct ManifestMemoryTests {
    private func service(_ index: Int, port: Int = 80) -> String {
        """
        apiVersion: v1
        kind: Service
        metadata: {name: s\(index)}
        spec: {ports: [{port: \(port)}]}

        """
    }

    @Test func oneChangedDocumentCostsOneParse() {
        var decoder = ManifestDecoder()
        var documents = (0..<1000).map { service($0) }
        let first = decoder.decode(documents.joined(separator: "---\n").utf8, file: "a.yaml")
        #expect(decoder.parsedDocumentCount == 1000)
        documents[500] = service(500, port: 81)
        let second = decoder.decode(documents.joined(separator: "---\n").utf8, file: "a.yaml")
        #expect(decoder.parsedDocumentCount == 1001)
        let changed = zip(first.resources, second.resources).filter { $0 != $1 }
        #expect(changed.map(\.1.reference.name) == ["s500"])
    }

    @Test func aDocumentThatMovesKeepsItsHashAndGetsItsNewLines() throws {
        var decoder = ManifestDecoder()
        let text = service(1)
        let before = try #require(decoder.decode(text.utf8, file: "a.yaml").resources.first)
        let moved = decoder.decode(("---\n# one\n# two\n---\n" + text).utf8, file: "a.yaml")
        #expect(moved.diagnostics.isEmpty)
        let after = try #require(moved.resources.last)
        #expect(before.contentHash == after.contentHash)
        #expect(after.location?.line == before.location.map { $0.line + 4 })
        #expect(after.line(of: "spec") == before.line(of: "spec").map { $0 + 4 })
    }

    @Test func theHashIsOfTheContentOnly() throws {
        func hash(_ text: String) throws -> UInt64 {
            try #require(decode(text).resources.first).contentHash
        }
        let base = try hash(service(1))
        #expect(
            try hash(
                "# c\nkind: Service\nspec:\n  ports:\n  - {\"port\": 80}\nmetadata: {name: 's1'}\napiVersion: v1"
            ) == base)
        #expect(try hash(service(1, port: 81)) != base)
        #expect(
            try hash(service(1).replacing("name: s1", with: "name: s1, resourceVersion: \"7\""))
                == base)
        #expect(
            try hash(service(1).replacing("name: s1", with: "name: s1, labels: {a: b}")) != base)

        let route = ManifestDecoderTests.split
        let status = "status: {parents: []}\n"
        #expect(try hash(route + status) == hash(route))
    }
}

/// Reads a text as a file `a.yaml`.
func decode(_ text: String, file: String = "a.yaml") -> DecodedManifest {
    ManifestDecoder.decode(text.utf8, file: file)
}
