import BuiltInPlugins
import Foundation
import GatewayAPI
import HeddlePlugin
import Translation
import XDS

/// A translator with what its groups hold.
struct World {
    let translator: Translator
    private(set) var groups: [String: [ResourceKey: EncodedResource]] = [:]

    /// A world without objects.
    ///
    /// - Parameter plugins: Those beside the built-in ones.
    init(plugins: [any Plugin] = []) throws {
        translator = Translator(plugins: try PluginRegistry(BuiltIn.plugins + plugins))
    }

    /// A world of the objects of a manifest.
    init(yaml: Data) throws {
        try self.init()
        let decoded = ManifestDecoder.decode(yaml, file: "in.yaml")
        struct Unreadable: Error { var diagnostics: [Diagnostic] }
        if !decoded.diagnostics.isEmpty { throw Unreadable(diagnostics: decoded.diagnostics) }
        apply(decoded.resources)
    }

    /// Takes a change.
    @discardableResult
    mutating func apply(
        _ upserted: [Resource], removed: [ObjectReference] = []
    ) -> TranslationResult {
        let result = translator.apply(upserted: upserted, removed: removed)
        for name in result.removedGroups { groups[name] = nil }
        for (name, change) in result.groups {
            for key in change.removals { groups[name]?[key] = nil }
            groups[name, default: [:]].merge(change.upserts) { _, new in new }
        }
        return result
    }

    /// Every group's resources as JSON, by group, type and name.
    func xds() throws -> String {
        var lines: [String] = []
        for (group, resources) in groups.sorted(by: { $0.key < $1.key }) {
            for (key, resource) in resources.sorted(by: { Self.place($0.key) < Self.place($1.key) })
            {
                lines.append(
                    "\"\(group) \(key.type) \(key.name)\": \(try resource.json(pretty: true))")
            }
        }
        return "{\n\(lines.joined(separator: ",\n"))\n}\n"
    }

    /// Every judged object's status as JSON.
    func statuses() -> String {
        let lines = translator.judged.compactMap { reference in
            translator.status(of: reference).map { "\"\(reference)\": \(Self.pretty($0))" }
        }
        return "{\n\(lines.joined(separator: ",\n"))\n}\n"
    }

    /// Every judged object's status.
    var statusByObject: [ObjectReference: ObjectStatus] {
        let pairs = translator.judged.compactMap { reference in
            translator.status(of: reference).map { (reference, $0) }
        }
        return Dictionary(pairs) { first, _ in first }
    }

    private static func place(_ key: ResourceKey) -> String {
        let order = ResourceType.inOrderOfAddition.firstIndex(of: key.type) ?? 9
        return "\(order) \(key.name)"
    }

    private static func pretty(_ status: ObjectStatus) -> String {
        guard
            let value = try? JSONSerialization.jsonObject(with: Data(status.json.text.utf8)),
            let data = try? JSONSerialization.data(
                withJSONObject: value,
                options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        else { return status.json.text }
        return String(decoding: data, as: UTF8.self)
    }
}
