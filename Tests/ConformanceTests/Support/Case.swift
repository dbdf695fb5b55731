import Foundation
import Yams

/// One behaviour of the Gateway API: a file of `Cases/`.
struct Case: Sendable, CustomStringConvertible {
    /// The behaviour's name, and the file's.
    var behaviour: String
    /// The folder of the file.
    var group: String
    /// What it is about, a sentence.
    var checks: String
    /// The objects at the start.
    var manifests: [Manifest]
    /// Why a proxy may refuse what it is sent; nil where it may not.
    var mayRefuse: String?
    /// The Gateways that get a proxy, `NAMESPACE/NAME`; nil for all.
    var proxies: [String]?
    var steps: [Step]

    var description: String { behaviour }

    /// What is done, and what must come of it.
    enum Step: Sendable {
        /// Objects are made or replaced.
        case apply([Manifest])
        /// Objects go.
        case delete([Manifest.Key])
        /// The statuses become so.
        case status([ObjectExpectation])
        /// Each request is answered so.
        case requests([RequestExpectation])
    }

    /// Reads all the cases of a folder.
    static func all(in folder: URL) throws -> [Case] {
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        let urls = (files?.allObjects as? [URL] ?? []).filter {
            $0.pathExtension == "yaml"
                && $0.deletingLastPathComponent().lastPathComponent != "Parts"
        }
        return try urls.sorted { $0.path < $1.path }.map { url in
            do {
                return try Case(url, parts: folder.appending(path: "Parts"))
            } catch {
                throw Problem("\(url.lastPathComponent): \(error)")
            }
        }
    }

    /// A case without steps.
    init(behaviour: String, manifests: [Manifest]) {
        self.behaviour = behaviour
        self.manifests = manifests
        (group, checks, proxies, steps) = ("", "", [], [])
    }

    private init(_ url: URL, parts: URL) throws {
        let name = url.deletingPathExtension().lastPathComponent
        let text = try String(contentsOf: url, encoding: .utf8)
        guard let node = try Yams.compose(yaml: text) else { throw Problem("empty") }
        var fields = try Fields(node, name)
        behaviour = try fields.required("behaviour")
        guard behaviour == name else { throw Problem("the behaviour is \(behaviour)") }
        group = url.deletingLastPathComponent().lastPathComponent
        checks = try fields.required("checks")
        var objects: [Manifest.Key: Manifest] = [:]
        for part in fields.list("uses") {
            let file = parts.appending(path: "\(part.string ?? "").yaml")
            for manifest in try Manifest.all(in: String(contentsOf: file, encoding: .utf8)) {
                objects[manifest.key] = manifest
            }
        }
        for manifest in try Manifest.all(in: fields.text("manifests") ?? "") {
            objects[manifest.key] = manifest
        }
        manifests = objects.values.sorted { $0.key.fileName < $1.key.fileName }
        mayRefuse = try fields.text("mayRefuse")
        proxies =
            fields.keys.contains("proxies") ? fields.list("proxies").compactMap(\.string) : nil
        steps = try fields.list("steps").map { try Step($0, name) }
        try fields.finish()
    }
}

extension Case.Step {
    fileprivate init(_ node: Node, _ place: String) throws {
        var fields = try Fields(node, place)
        switch fields.keys.first {
        case "apply": self = .apply(try Manifest.all(in: fields.required("apply")))
        case "delete":
            self = .delete(try fields.list("delete").map { try Manifest.Key($0.string ?? "") })
        case "status":
            var objects = try Fields(fields.take("status") ?? "", "\(fields.place) status")
            self = .status(
                try objects.keys.map { key in
                    try ObjectExpectation(key, objects.take(key) ?? "", place)
                })
        case "requests":
            self = .requests(try fields.list("requests").map { try RequestExpectation($0, place) })
        default: throw Problem("\(fields.place): no step \(fields.keys)")
        }
        try fields.finish()
    }
}

/// An object as a user writes it.
struct Manifest: Sendable {
    /// Which object it is.
    struct Key: Hashable, Sendable, CustomStringConvertible {
        var kind: String
        var namespace: String
        var name: String

        init(kind: String, namespace: String, name: String) {
            (self.kind, self.namespace, self.name) = (kind, namespace, name)
        }

        /// `KIND NAMESPACE/NAME`, or `KIND NAME` of one without a namespace.
        init(_ text: String) throws {
            let words = text.split(separator: " ").map(String.init)
            guard words.count == 2 else { throw Problem("\(text) is no KIND NAMESPACE/NAME") }
            let parts = words[1].split(separator: "/").map(String.init)
            self.init(
                kind: words[0], namespace: parts.count == 2 ? parts[0] : "", name: parts.last ?? "")
        }

        var description: String {
            namespace.isEmpty ? "\(kind) \(name)" : "\(kind) \(namespace)/\(name)"
        }

        /// Names of 253 characters leave no room for a suffix.
        var fileName: String {
            let whole = "\(kind)-\(namespace)-\(name)".replacing(":", with: "_")
            return whole.count < 200 ? whole : "\(whole.prefix(150))-\(whole.suffix(40))"
        }
    }

    var key: Key
    var text: String

    /// The documents of a text.
    static func all(in text: String) throws -> [Manifest] {
        try text.split(separator: "\n---\n").compactMap { document in
            guard let node = try Yams.compose(yaml: String(document)) else { return nil }
            guard let kind = node["kind"]?.string, let metadata = node["metadata"],
                let name = metadata["name"]?.string
            else { throw Problem("no object: \(document)") }
            let key = Key(
                kind: kind, namespace: metadata["namespace"]?.string ?? "", name: name)
            return Manifest(key: key, text: String(document))
        }
    }
}
