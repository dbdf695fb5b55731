package import GatewayAPI
import HeddlePlugin
package import XDS

/// Translates endpoints by themselves, so that no translation of routes can hold them up.
///
/// It sees the few kinds that endpoints are made of, and gives for the same objects the same
/// resources as a `Translator`, which does not wait for it.
///
/// One writer: it belongs to whoever holds its lock.
package final class EndpointTranslator {
    /// What a change of the objects did.
    package struct Change: Sendable {
        /// New or different assignments.
        package var upserts: [EncodedResource] = []
        /// The clusters that have none any more.
        package var removals: [String] = []
    }

    private let inputs = InputStore { _ in [] }
    private let options: TranslationOptions
    private var dirty = DirtyUnits()
    private var assignments: [ObjectReference: [String: EncodedResource]] = [:]

    /// A translator without inputs.
    package init(options: TranslationOptions = TranslationOptions()) {
        self.options = options
    }

    /// Whether endpoints are made of objects of a kind.
    package static func concerns(_ kind: GroupKind) -> Bool {
        kind == .service || kind == .endpointSlice || kind == .pod || kind == .workloadEntry
    }

    /// Takes a change of the objects; those of other kinds cost a comparison.
    package func apply(upserted: [Resource], removed: [ObjectReference]) -> Change {
        for resource in upserted where Self.concerns(resource.reference.groupKind) {
            dirty.touch(inputs.upsert(resource))
            mark(resource.reference)
        }
        for reference in removed where Self.concerns(reference.groupKind) {
            dirty.touch(inputs.remove(reference))
            mark(reference)
        }
        var change = Change()
        while let unit = dirty.next() { run(unit, &change) }
        return change
    }

    private func mark(_ reference: ObjectReference) {
        if reference.groupKind == .service { dirty.mark([.endpoints(reference)]) }
    }

    private func run(_ unit: TranslationUnit, _ change: inout Change) {
        let reference = unit.reference
        let context = TranslationContext(
            inputs: inputs, clusterDomain: options.clusterDomain, backendKinds: [])
        let resource = context.object(reference)
        var new: [String: EncodedResource] = [:]
        if let resource, let service = resource.content as? Service {
            for value in EndpointTranslation.assignments(resource, service, context: context) {
                new[value.clusterName] = EncodedResource(value)
            }
        }
        dirty.record(unit, resource == nil ? [] : context.reads)
        let old = assignments.removeValue(forKey: reference) ?? [:]
        if !new.isEmpty { assignments[reference] = new }
        change.removals += old.keys.filter { new[$0] == nil }
        change.upserts += new.values.filter { old[$0.name]?.version != $0.version }
    }
}
