import Discovery
import GatewayAPI
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Translation

/// Takes updates of the resources, translates them, and puts what changed into the snapshots.
///
/// Endpoints go their own way, in the task that brings the update; everything else is translated
/// on a thread of its own, in batches.
actor TranslationService {
    /// Told which objects' statuses may differ from what they were.
    typealias Judged = @Sendable (Set<ObjectReference>) -> Void

    /// A translation may take seconds. On a thread of its own, it keeps no task waiting.
    private static let thread = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()

    private let translator: Translator
    private let logger: Logger
    nonisolated let snapshots: SnapshotWriter
    nonisolated let manifests: ManifestIndex
    private nonisolated let done = Mutex(Metrics.Counts())
    private nonisolated let endpoints: Mutex<EndpointTranslator>
    private nonisolated let batch = Mutex(UpdateBatch())
    private nonisolated let wakes: AsyncStream<Void>
    private nonisolated let wake: AsyncStream<Void>.Continuation
    private let judged: Judged
    private let executor: any SerialExecutor

    init(
        plugins: PluginRegistry, options: TranslationOptions, cache: SnapshotCache, logger: Logger,
        judged: @escaping Judged = { _ in }
    ) {
        translator = Translator(plugins: plugins, options: options)
        endpoints = Mutex(EndpointTranslator(options: options))
        snapshots = SnapshotWriter(cache: cache)
        manifests = ManifestIndex(logger: logger)
        (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        executor = Self.thread.executor
        self.logger = logger
        self.judged = judged
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// How much was translated.
    nonisolated var counts: Metrics.Counts { done.withLock { $0 } }

    /// Takes one update of a source, whole. Its endpoints are in the snapshots when it returns; the
    /// rest follows.
    nonisolated func apply(_ update: ResourceUpdate) {
        manifests.apply(update)
        endpoints.withLock { endpoints in
            let change = endpoints.apply(upserted: update.upserted, removed: update.removed)
            snapshots.write(change, at: .now)
        }
        let isNews =
            update.isInitial || !update.upserted.isEmpty || !update.removed.isEmpty
        if !isNews { return }
        batch.withLock { $0.add(update) }
        wake.yield()
    }

    /// Translates what comes, until the task is cancelled.
    ///
    /// - Parameter onInitial: Called when all that the source held at its start is translated.
    nonisolated func run(onInitial: @Sendable () -> Void) async {
        for await _ in wakes {
            guard let update = batch.withLock({ $0.take() }) else { continue }
            await translate(update)
            if update.isInitial { onInitial() }
        }
    }

    /// What is to be written of objects, and of all whose statuses depend on some groups' proxies.
    ///
    /// - Parameter proxies: What the proxies of a Gateway say.
    func judgements(
        of objects: Set<ObjectReference>, groups: Set<ProxyGroup>,
        proxies: @escaping @Sendable (ObjectReference) -> [ProxyDelivery]
    ) -> [Judgement] {
        var all = objects
        for group in groups {
            guard let gateway = group.gateway else { continue }
            all.formUnion(translator.declarers(of: gateway))
        }
        return all.sorted().map { reference in
            guard let resource = translator.object(reference) else {
                return Judgement(object: JudgedObject(reference), isGone: true)
            }
            return Judgement(
                object: JudgedObject(
                    reference, generation: resource.metadata.generation,
                    declared: resource.status),
                status: translator.status(of: reference, proxies: proxies))
        }
    }

    private func translate(_ update: ResourceUpdate) {
        let started = ContinuousClock.now
        let result = translator.apply(upserted: update.upserted, removed: update.removed)
        snapshots.write(result)
        // Also what no unit of work has looked at: its generation may be another, or it is gone.
        judged(
            result.rejudged.union(update.upserted.map(\.reference)).union(update.removed))
        done.withLock { done in
            done.translations += 1
            done.objects += result.translated.count
            for change in result.groups.values {
                done.resources += change.upserts.count + change.removals.count
            }
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
}

extension ProxyGroup {
    /// The Gateway whose proxies they are; nil of other groups.
    var gateway: ObjectReference? {
        let parts = description.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        return ObjectReference(.gateway, namespace: String(parts[0]), name: String(parts[1]))
    }
}
