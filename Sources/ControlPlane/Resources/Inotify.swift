import Glibc

/// The kernel's notifications of changes in folders and files (`inotify(7)`).
///
/// It belongs to the one thread that reads it.
struct Inotify: ~Copyable {
    /// One notification.
    struct Event: Equatable {
        /// What was watched; -1 when the kernel dropped notifications.
        var watch: Int32
        /// What happened, as `IN_` flags.
        var mask: UInt32
        /// The entry of the folder; empty when it is about what is watched itself.
        var name: String

        /// Whether a flag is set.
        func has(_ flag: Int32) -> Bool { mask & UInt32(bitPattern: flag) != 0 }
    }

    /// What is of interest: whole writes, not single ones, so that no half file is read.
    private static let mask: UInt32 =
        UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_TO) | UInt32(IN_MOVED_FROM) | UInt32(IN_CREATE)
        | UInt32(IN_DELETE) | UInt32(IN_ATTRIB) | UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF)

    /// The descriptor, to poll.
    let descriptor: Int32
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)

    /// Opens the notifications.
    ///
    /// - Throws: ``DirectorySource/Failure`` when the user has too many of them open.
    init() throws(DirectorySource.Failure) {
        descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard descriptor >= 0 else {
            buffer.deallocate()
            throw DirectorySource.Failure(
                message: "cannot watch files (inotify): \(systemErrorText(errno)); "
                    + "raise fs.inotify.max_user_instances")
        }
    }

    deinit {
        buffer.deallocate()
        close(descriptor)
    }

    /// Watches a folder or a file; what is watched already keeps its number.
    ///
    /// - Returns: The watch, or the error number negated.
    func watch(_ path: String) -> Int32 {
        let watch = inotify_add_watch(descriptor, path, Self.mask)
        return watch >= 0 ? watch : -errno
    }

    /// Ends a watch; one that the kernel ended already is not missed.
    func unwatch(_ watch: Int32) { inotify_rm_watch(descriptor, watch) }

    /// Takes the notifications that have arrived, without waiting.
    func events() -> [Event] {
        var events: [Event] = []
        while true {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            guard count > 0 else { return events }
            var offset = 0
            let headerSize = MemoryLayout<inotify_event>.size
            while offset + headerSize <= count {
                let header = UnsafeRawBufferPointer(buffer).loadUnaligned(
                    fromByteOffset: offset, as: inotify_event.self)
                let start = offset + headerSize
                let end = min(start + Int(header.len), count)
                let name = String(decoding: buffer[start..<end].prefix { $0 != 0 }, as: UTF8.self)
                events.append(Event(watch: header.wd, mask: header.mask, name: name))
                offset = end
            }
        }
    }
}

/// An error number in words.
func systemErrorText(_ number: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
