import AdminAPI
import Discovery
import GatewayAPI
import Logging
import Translation

/// Takes updates of the resources, translates them, and puts what changed into the snapshots.
actor TranslationService {
    private let translator: Translator
    private let cache: SnapshotCache
    private let logger: Logger
    private var locations: [ObjectReference: SourceLocation] = [:]
    private var diagnostics: [Diagnostic] = []

    init(
        plugins: PluginRegistry, options: TranslationOptions, cache: SnapshotCache, logger: Logger
    ) {
        translator = Translator(plugins: plugins, options: options)
        self.cache = cache
        self.logger = logger
        cache.update(.mesh, SnapshotChange())
    }

    /// Applies one update of a source, whole.
    func apply(_ update: ResourceUpdate) {
        for resource in update.upserted + update.relocated {
            locations[resource.reference] = resource.location
        }
        for reference in update.removed { locations[reference] = nil }
        logNew(update.diagnostics)
        diagnostics = update.diagnostics
        let started = ContinuousClock.now
        let result = translator.apply(upserted: update.upserted, removed: update.removed)
        for name in result.removedGroups { cache.removeSnapshot(of: ProxyGroup(name)) }
        // Groups in one order, so that a log of two runs can be compared.
        for (name, change) in result.groups.sorted(by: { $0.key < $1.key }) {
            cache.update(ProxyGroup(name), SnapshotChange(change))
        }
        if result.translated.isEmpty { return }
        logger.info(
            "translated",
            metadata: [
                "changed": "\(update.upserted.count)", "removed": "\(update.removed.count)",
                "translated": "\(result.translated.count)", "groups": "\(result.groups.count)",
                "took": "\(ContinuousClock.now - started)",
            ])
    }

    /// What became of every object, and what is wrong with the manifests.
    func report() -> (objects: [StatusReport.Object], problems: [StatusReport.Problem]) {
        let objects = translator.judged.compactMap { reference in
            translator.status(of: reference).map {
                StatusReport.Object(reference, $0, location: locations[reference])
            }
        }
        let problems = diagnostics.map {
            StatusReport.Problem(severity: $0.severity.rawValue, text: $0.description)
        }
        return (objects, problems)
    }

    /// The status of every object that has one, as the Gateway API spells it: a JSON array.
    func objectStatuses() -> String {
        let objects = translator.judged.compactMap { reference -> JSONValue? in
            guard let status = translator.status(of: reference) else { return nil }
            return [
                "group": .string(reference.groupKind.group), "kind": .string(reference.kind),
                "namespace": .string(reference.namespace), "name": .string(reference.name),
                "status": status.json,
            ]
        }
        return JSONValue.array(objects).text
    }

    private func logNew(_ current: [Diagnostic]) {
        let known = Set(diagnostics)
        for diagnostic in current where !known.contains(diagnostic) {
            switch diagnostic.severity {
            case .error:
                logger.error("manifest refused", metadata: ["problem": "\(diagnostic)"])
            case .warning:
                logger.warning("manifest questionable", metadata: ["problem": "\(diagnostic)"])
            }
        }
    }
}

extension SnapshotChange {
    fileprivate init(_ change: GroupChange) {
        self.init(upserts: change.upserts.values.map { $0 })
        for key in change.removals { removals[key.type, default: []].insert(key.name) }
    }
}
