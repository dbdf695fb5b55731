import Glibc

/// Resolves the hosts of clusters that are found by the DNS, and again as long as they are wanted.
///
/// Whoever asks waits in no worker and in no task: the system's resolver blocks, so that each
/// question has a thread of its own. A host that cannot be resolved keeps the addresses that it
/// had.
struct HostResolver: Sendable {
    private static let pause = Duration.seconds(5)

    private let wakeUps: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init() {
        (wakeUps, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Asks for what is wanted now.
    func changed() { wake.yield() }

    /// Resolves for a keeper until the task is cancelled.
    func run(_ keeper: ConfigurationKeeper) async {
        await withTaskGroup { group in
            group.addTask {
                while !Task.isCancelled {
                    wake.yield()
                    // A wait that is cut short only brings the end nearer.
                    do { try await Task.sleep(for: Self.pause) } catch { return }
                }
            }
            for await _ in wakeUps {
                for host in await keeper.hostNames.sorted() {
                    guard let addresses = await Self.addresses(of: host) else { continue }
                    await keeper.resolved(host, addresses)
                }
            }
            group.cancelAll()
        }
    }

    /// The host's addresses, in one order; nil where nobody knows any.
    static func addresses(of host: String) async -> [String]? {
        await withCheckedContinuation { continuation in
            let question = Question(host: host) { continuation.resume(returning: $0) }
            var thread = pthread_t()
            let status = pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    Unmanaged<Question>.fromOpaque(argument).takeRetainedValue().ask()
                    return nil
                }, Unmanaged.passRetained(question).toOpaque())
            if status == 0 {
                pthread_detach(thread)
            } else {
                Unmanaged.passUnretained(question).release()
                continuation.resume(returning: nil)
            }
        }
    }
}

/// One question to the system's resolver.
private final class Question: Sendable {
    private let host: String
    private let answer: @Sendable ([String]?) -> Void

    init(host: String, answer: @escaping @Sendable ([String]?) -> Void) {
        self.host = host
        self.answer = answer
    }

    func ask() {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &found) == 0 else { return answer(nil) }
        defer { freeaddrinfo(found) }
        var addresses: Set<String> = []
        var next = found
        while let entry = next?.pointee {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            if getnameinfo(
                entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0,
                NI_NUMERICHOST) == 0
            {
                let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
                addresses.insert(String(decoding: bytes, as: UTF8.self))
            }
            next = entry.ai_next
        }
        answer(addresses.isEmpty ? nil : addresses.sorted())
    }
}
