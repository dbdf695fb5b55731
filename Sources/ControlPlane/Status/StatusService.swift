import Discovery
import GatewayAPI
import Logging
import Synchronization
import Translation

/// Writes what became of every object, when that has changed.
///
///     translation ──judged──┐
///                           ├──► gathered ──pace──► judged anew ──► merged ──► store
///     proxies ─────moved────┘
///
/// A status is computed from the model and from what the proxies say, never counted up, so that
/// it does not matter how many changes led to it. Nothing is written that is as it was.
final class StatusService: Sendable {
    private struct Gathered {
        var objects: Set<ObjectReference> = []
        var groups: Set<ProxyGroup> = []
        var isEmpty: Bool { objects.isEmpty && groups.isEmpty }
    }

    /// The names that ours may have in statuses.
    private static let controllerNames: Set<String> = [
        TranslationOptions.controllerName, TranslationOptions.waypointControllerName,
    ]
    /// How long to wait before what could not be written is tried again.
    private static let retry = Duration.seconds(1)

    private let store: any StatusStore
    private let logger: Logger
    private let gathered = Mutex(Gathered())
    /// What was written last of objects that have one controller, such as Gateways.
    private let written = Mutex<[ObjectReference: ObjectStatus]>([:])
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init(store: any StatusStore, logger: Logger) {
        self.store = store
        self.logger = logger
        (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The statuses of objects may have changed, or the objects are gone.
    func judged(_ objects: Set<ObjectReference>) {
        gathered.withLock { $0.objects.formUnion(objects) }
        wake.yield()
    }

    /// The proxies of a group have come, gone, or answered.
    func moved(_ group: ProxyGroup) {
        gathered.withLock { _ = $0.groups.insert(group) }
        wake.yield()
    }

    /// Writes until the task is cancelled.
    ///
    /// - Parameter onWrite: Told after some statuses were written, and once at the beginning.
    func run(
        _ translation: TranslationService, _ tracker: DeliveryTracker,
        onWrite: @Sendable () -> Void = {}
    ) async {
        var pace = StatusPace()
        var isFirst = true
        for await _ in wakes {
            if !isFirst, gathered.withLock({ $0.isEmpty }) { continue }
            let time = pace.receivedChange(at: .now)
            do {
                try await Task.sleep(until: time)
            } catch {
                return
            }
            let outcome = await write(translation, tracker)
            // What a former run has left is told of, too, where nothing is there any more.
            if outcome.written > 0 || isFirst { onWrite() }
            isFirst = false
            pace.wrote(at: .now)
            guard !outcome.failed.isEmpty else { continue }
            do {
                try await Task.sleep(for: Self.retry)
            } catch {
                return
            }
            judged(outcome.failed)
        }
    }

    /// Writes what has gathered.
    ///
    /// - Returns: How many objects' statuses were written or forgotten, and which could not be.
    func write(
        _ translation: TranslationService, _ tracker: DeliveryTracker
    ) async -> (written: Int, failed: Set<ObjectReference>) {
        let due = gathered.withLock { gathered in
            defer { gathered = Gathered() }
            return gathered
        }
        let judgements = await translation.judgements(of: due.objects, groups: due.groups) {
            tracker.deliveries(of: $0)
        }
        var count = 0
        var failed: Set<ObjectReference> = []
        var reason: (any Error)?
        let now = Timestamp.text(.now)
        for judgement in judgements {
            do {
                if try await write(judgement, now) { count += 1 }
            } catch {
                failed.insert(judgement.object.reference)
                reason = error
            }
        }
        if let reason, let first = failed.min() {
            // One line for all: where one cannot be written, thousands cannot.
            logger.error(
                "statuses not written, tried again soon",
                metadata: [
                    "count": "\(failed.count)", "first": "\(first)", "reason": "\(reason)",
                ])
        }
        return (count, failed)
    }

    private func write(_ judgement: Judgement, _ now: String) async throws -> Bool {
        let reference = judgement.object.reference
        if judgement.isGone {
            written.withLock { $0[reference] = nil }
            return await store.remove(reference)
        }
        let ours = judgement.status ?? ObjectStatus()
        let former = written.withLock { written in
            defer { written[reference] = ours.conditions.isEmpty ? nil : ours }
            return written[reference]
        }
        return try await store.update(judgement.object) { existing in
            var present = existing
            if ours.conditions.isEmpty, let former {
                present = Self.without(former, in: existing, now)
            }
            return mergedStatus(
                existing: present, ours: ours, controllerNames: Self.controllerNames, now: now)
        }
    }

    /// What is left of a status when the object is another controller's from now on: all, where
    /// that one has written already.
    private static func without(
        _ former: ObjectStatus, in existing: JSONValue?, _ now: String
    ) -> JSONValue? {
        let same = mergedStatus(
            existing: existing, ours: former, controllerNames: controllerNames, now: now)
        guard same == existing, var members = existing?.object else { return existing }
        let own = Set(former.conditions.map(\.type.rawValue))
        let others = (members["conditions"]?.array ?? []).filter {
            !own.contains($0["type"]?.string ?? "")
        }
        members["conditions"] = others.isEmpty ? nil : .array(others)
        for key in ["listeners", "addresses", "attachedListenerSets", "supportedFeatures"] {
            members[key] = nil
        }
        return .object(members)
    }
}
