import GatewayAPI
import HeddlePlugin

/// One unit of work: what is made of one object.
enum TranslationUnit: Hashable {
    /// The clusters of a Service or another backend.
    case backend(ObjectReference)
    /// The endpoints of a Service.
    case endpoints(ObjectReference)
    /// The listeners of a Gateway, with those of its ListenerSets.
    case gateway(ObjectReference)
    /// The waypoint of a Service.
    case binding(ObjectReference)
    /// A route of any kind.
    case route(ObjectReference)
    /// A policy's status.
    case policy(ObjectReference)
    /// The status of a GatewayClass or a mesh.
    case classStatus(ObjectReference)
    /// The addresses of a namespace's clients.
    case clients(ObjectReference)

    var reference: ObjectReference {
        switch self {
        case .backend(let reference), .endpoints(let reference), .gateway(let reference),
            .binding(let reference), .route(let reference), .policy(let reference),
            .classStatus(let reference), .clients(let reference):
            reference
        }
    }

    /// A unit reads what units of lower ranks have made, never of its own or a higher one.
    fileprivate var rank: Int {
        switch self {
        case .backend: 0
        case .endpoints: 1
        case .gateway: 2
        case .binding: 3
        case .route: 4
        case .policy: 5
        case .classStatus: 6
        case .clients: 7
        }
    }
}

/// Which units are to be run, in the order in which they build on each other, and what each has
/// read.
struct DirtyUnits {
    private var reads: [TranslationUnit: Set<Read>] = [:]
    private var readers: [Read: Set<TranslationUnit>] = [:]
    private var waiting = [Set<TranslationUnit>](repeating: [], count: 8)
    /// The units of one rank, last first, that are run now.
    private var running: [TranslationUnit] = []

    /// Marks units.
    mutating func mark(_ units: [TranslationUnit]) {
        for unit in units { waiting[unit.rank].insert(unit) }
    }

    /// Marks the units that have read something that changes.
    mutating func touch(_ touched: Set<Read>) {
        for read in touched {
            for unit in readers[read] ?? [] { waiting[unit.rank].insert(unit) }
        }
    }

    /// Takes the next unit; nil when none is left. One order whatever the order of marking.
    mutating func next() -> TranslationUnit? {
        if running.isEmpty {
            guard let rank = waiting.firstIndex(where: { !$0.isEmpty }) else { return nil }
            running = waiting[rank].sorted { $0.reference > $1.reference }
            waiting[rank] = []
        }
        return running.popLast()
    }

    /// Records what a unit has read, in the place of what it read before.
    mutating func record(_ unit: TranslationUnit, _ new: Set<Read>) {
        let old = reads[unit] ?? []
        for read in old.subtracting(new) {
            readers[read]?.remove(unit)
            if readers[read]?.isEmpty == true { readers[read] = nil }
        }
        for read in new.subtracting(old) { readers[read, default: []].insert(unit) }
        reads[unit] = new.isEmpty ? nil : new
    }
}
