// SPDX-License-Identifier: MIT
#include "collector/publish/events_publisher.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <optional>

#include "collector/base/clock.h"
#include "collector/publish/event_inputs.h"
#include "collector/publish/events_file.h"
#include "collector/publish/process_lives.h"
#include "collector/publish/process_look.h"
#include "collector/publish/reader_watch.h"

namespace vigia::publish {
namespace {

constexpr char own_name[] = "events";
static_assert(sizeof(own_name) <= VIGIA_EVENT_COMM_SIZE_BYTES);

UsageSupport support_of(const EventInputs& inputs) {
    if (!inputs.statistics) {
        return {};
    }
    return {true, inputs.statistics->has_runtime(), inputs.statistics->has_memory()};
}

vigia_event_cgroup cgroup_record(vigia_event_kind kind, const CgroupChange& change,
                                 uint64_t time_ns) {
    vigia_event_cgroup record{};
    record.kind = kind;
    record.time_ns = time_ns;
    record.cpu = VIGIA_EVENT_ANY_CPU;
    record.valid = VIGIA_EVENT_VALID_PATH;
    if (change.id != 0) {
        record.cgroup_id = change.id;
        record.valid |= VIGIA_EVENT_VALID_CGROUP;
    }
    record.parent_cgroup_id = change.parent_id;
    record.depth = change.depth;
    record.path_length_bytes = static_cast<uint32_t>(change.path.size());
    const std::size_t size = std::min(change.path.size(), sizeof(record.path));
    std::memcpy(record.path, change.path.data() + change.path.size() - size, size);
    return record;
}

vigia_event_sensor own_record(vigia_event_kind kind, uint64_t time_ns) {
    vigia_event_sensor record{};
    record.kind = kind;
    record.time_ns = time_ns;
    record.cpu = VIGIA_EVENT_ANY_CPU;
    record.pid = static_cast<uint32_t>(::getpid());
    record.file_kind = VIGIA_FILE_EVENTS;
    record.valid = VIGIA_EVENT_VALID_NAME;
    std::memcpy(record.name, own_name, sizeof(own_name));
    return record;
}

uint64_t thread_cpu_ns() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<uint64_t>(time.tv_sec) * ns_per_second + static_cast<uint64_t>(time.tv_nsec);
}

} // namespace

struct EventsPublisher::State {
    State(EventsConfig settings, EventInputs opened, EventsFile made, UniqueFd ending,
          UniqueFd proc_directory)
        : config(std::move(settings)), inputs(std::move(opened)), origins(inputs.origins),
          file(std::move(made)), readers(ReaderWatch::open(file.path(), file.descriptor())),
          stop(std::move(ending)), proc(std::move(proc_directory)),
          looker(proc.get(), config.mounts, config.tick_ns) {}

    void run();
    void begin();
    void look_for_readers();
    void wake();
    void rest();
    uint64_t work(); // until when to wait for more: ns from now; 0: no limit
    void wait(uint64_t limit_ns);
    void collect();
    void write_cgroups(vigia_event_kind kind, const std::vector<CgroupChange>& list);
    void write_kills();
    void write_kill(const OomKill& kill);
    void announce();
    void count();
    uint64_t malformed() const {
        return (inputs.connector ? inputs.connector->malformed() : 0) +
               (inputs.statistics ? inputs.statistics->malformed() : 0);
    }
    bool has_connector() const { return inputs.connector != nullptr; }

    EventsConfig config;
    EventInputs inputs; // none while it rests
    std::vector<EventOrigin> origins;
    EventsFile file;
    std::unique_ptr<ReaderWatch> readers; // null: somebody may always be there
    UniqueFd stop;
    UniqueFd proc;
    ProcLooker looker;
    std::optional<ProcessLives> lives;
    bool rests = false;
    uint64_t readers_due_ns = 0;   // when to look whether anybody is left; 0: not before news
    uint64_t malformed_before = 0; // of inputs that are closed
    SystemClock clock;
    Instant now;
    // Reused, so that nothing is allocated while their sizes do.
    std::vector<ProcessMessage> messages;
    std::vector<ThreadUsage> usages;
    std::vector<OomKill> kills;
    CgroupChanges changes;
    uint64_t unannounced_since_ns = 0;
    uint64_t settle_in_ns = 0; // 0: no hurry
    bool has_more = false;     // the connector was not read to its end
    uint64_t written = 0;
    uint64_t lost = 0;
    uint64_t overruns = 0;
    // For stats(), which another thread asks.
    struct {
        std::atomic<uint64_t> records{0}, lost{0}, overruns{0}, malformed{0}, processes{0},
            unwatched{0}, cpu_ns{0};
        std::atomic<bool> resting{false};
    } told;
    std::thread thread;
};

EventsPublisher::EventsPublisher(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<EventsPublisher>> EventsPublisher::start(const Directory& directory,
                                                                EventsConfig config) {
    UniqueFd proc(::open(config.proc_path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!proc) {
        return system_error("open " + config.proc_path, errno);
    }
    UniqueFd stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!stop) {
        return system_error("eventfd", errno);
    }
    EventInputs inputs = open_event_inputs(config);
    Result<EventsFile> file =
        EventsFile::create(directory, inputs.features(), config.writer_instance, config.records);
    if (!file) {
        return file.error();
    }
    auto state = std::make_unique<State>(std::move(config), std::move(inputs),
                                         std::move(file).value(), std::move(stop), std::move(proc));
    // Signals are for the threads that we come from.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    state->thread = std::thread([running = state.get()] { running->run(); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return std::unique_ptr<EventsPublisher>(new EventsPublisher(std::move(state)));
}

EventsPublisher::~EventsPublisher() {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t told = ::write(state_->stop.get(), &one, sizeof(one));
    state_->thread.join();
}

const std::vector<EventOrigin>& EventsPublisher::origins() const {
    return state_->origins;
}

EventsStats EventsPublisher::stats() const {
    const auto& told = state_->told;
    return {told.records,   told.lost,      told.overruns, told.malformed,
            told.processes, told.unwatched, told.cpu_ns,   told.resting};
}

void EventsPublisher::State::begin() {
    now = clock.now();
    lives.emplace(looker, file, config.tick_ns, support_of(inputs));
    if (inputs.connector || inputs.statistics) {
        lives->begin(now);
    }
    readers_due_ns = now.monotonic_ns + limits::event_linger_ns;
}

// Who came while it rested has missed what happened until everything was open again: nobody knows
// how much, which the count of what was lost and the record say.
void EventsPublisher::State::wake() {
    inputs = open_event_inputs(config);
    begin();
    rests = false;
    count(); // who reads of it next finds it so
    file.drop(1);
    file.write(own_record(VIGIA_EVENT_SENSOR_LOADED, now.monotonic_ns));
}

void EventsPublisher::State::rest() {
    now = clock.now();
    file.write(own_record(VIGIA_EVENT_SENSOR_UNLOADED, now.monotonic_ns));
    written += file.unannounced();
    file.announce();
    unannounced_since_ns = 0;
    has_more = false;
    malformed_before += malformed();
    lives.reset();
    inputs = {};
    rests = true;
}

// The kernel says that a reader goes before it has gone: that is looked at later.
void EventsPublisher::State::look_for_readers() {
    const ReaderNews news = readers->acknowledge();
    const uint64_t now_ns = clock.now().monotonic_ns;
    if (rests) {
        if (news == ReaderNews::came) {
            wake();
        }
    } else if (news != ReaderNews::none) {
        readers_due_ns = now_ns + limits::event_linger_ns;
    } else if (readers_due_ns != 0 && now_ns >= readers_due_ns) {
        readers_due_ns = 0;
        if (!readers->anybody()) {
            rest();
        }
    }
}

uint64_t EventsPublisher::State::work() {
    collect();
    settle_in_ns = lives->settle(now, !has_connector() ? Connector::absent
                                      : has_more       ? Connector::has_more
                                                       : Connector::drained);
    announce();
    uint64_t limit_ns = settle_in_ns;
    if (file.unannounced() > 0) {
        const uint64_t due_ns = unannounced_since_ns + limits::event_announce_ns;
        const uint64_t left_ns = due_ns - std::min(due_ns, clock.now().monotonic_ns);
        limit_ns = limit_ns == 0 ? left_ns : std::min(limit_ns, left_ns);
        limit_ns = std::max<uint64_t>(limit_ns, 1); // 0 would be no limit
    } else if (inputs.cgroups && inputs.cgroups->unwatched() > 0 && limit_ns == 0) {
        limit_ns = limits::event_cgroup_rescan_ns;
    }
    return limit_ns;
}

void EventsPublisher::State::run() {
    begin();
    uint64_t asked_to_stop = 0;
    while (::read(stop.get(), &asked_to_stop, sizeof(asked_to_stop)) < 0) {
        if (readers) {
            look_for_readers();
        }
        uint64_t limit_ns = rests ? 0 : work();
        count();
        if (readers && !rests && readers_due_ns != 0) {
            const uint64_t now_ns = clock.now().monotonic_ns;
            const uint64_t left_ns = readers_due_ns > now_ns ? readers_due_ns - now_ns : 1;
            limit_ns = limit_ns == 0 ? left_ns : std::min(limit_ns, left_ns);
        }
        wait(limit_ns);
    }
}

// Until a source has something, or the time is up; 0: no limit.
void EventsPublisher::State::wait(uint64_t limit_ns) {
    std::array<pollfd, 6> polled{};
    nfds_t count = 0;
    const auto listen = [&](int descriptor) { polled[count++] = {descriptor, POLLIN, 0}; };
    listen(stop.get());
    if (readers) {
        listen(readers->descriptor());
    }
    if (inputs.connector) {
        listen(inputs.connector->descriptor());
    } else if (inputs.statistics) { // else its records come with the connector's messages
        listen(inputs.statistics->descriptor());
    }
    if (inputs.cgroups) {
        listen(inputs.cgroups->descriptor());
    }
    if (inputs.log) {
        listen(inputs.log->descriptor());
    }
    const timespec limit{static_cast<time_t>(limit_ns / ns_per_second),
                         static_cast<long>(limit_ns % ns_per_second)};
    ::ppoll(polled.data(), count, limit_ns != 0 ? &limit : nullptr, nullptr);
}

// The connector is read before everything else, so that all that led to its messages is there:
// exit records, and the control groups that processes are in. A cgroup's end comes after them.
void EventsPublisher::State::collect() {
    messages.clear();
    usages.clear();
    kills.clear();
    changes.clear();
    uint64_t missing = 0;
    bool overrun = false;
    if (inputs.connector) {
        const Receipt receipt = inputs.connector->receive(messages, missing);
        has_more = receipt == Receipt::some;
        overrun = receipt == Receipt::overrun;
        overruns += overrun ? 1 : 0;
    }
    now = clock.now();
    while (inputs.statistics) {
        const Receipt receipt = inputs.statistics->receive(usages);
        overruns += receipt == Receipt::overrun ? 1 : 0;
        changes.lost += receipt == Receipt::overrun ? 1 : 0;
        for (const ThreadUsage& usage : usages) {
            lives->note(usage, now);
        }
        usages.clear();
        if (receipt == Receipt::none || receipt == Receipt::failed) {
            break;
        }
    }
    if (inputs.cgroups) {
        inputs.cgroups->receive(changes, now.monotonic_ns);
    }
    if (inputs.log) {
        inputs.log->receive(kills, changes.lost);
    }
    lost += missing;
    file.drop(missing + changes.lost);
    write_cgroups(VIGIA_EVENT_CGROUP_CREATED, changes.created);
    write_kills();
    if (missing > 0 || overrun) {
        lives->note_loss(now);
    }
    for (const ProcessMessage& message : messages) {
        lives->handle(message, now);
    }
    if (missing > 0 || overrun) { // which of the messages it came before is not known
        lives->note_loss(now);
    }
    write_cgroups(VIGIA_EVENT_CGROUP_REMOVED, changes.removed);
}

// What came before the messages has their time at most: the file's times ascend.
void EventsPublisher::State::write_cgroups(vigia_event_kind kind,
                                           const std::vector<CgroupChange>& list) {
    const bool is_first = kind == VIGIA_EVENT_CGROUP_CREATED && !messages.empty();
    const uint64_t time_ns =
        is_first ? std::min(messages.front().time_ns, now.monotonic_ns) : now.monotonic_ns;
    for (const CgroupChange& change : list) {
        file.write(cgroup_record(kind, change, time_ns));
    }
}

void EventsPublisher::State::write_kills() {
    for (const OomKill& kill : kills) {
        write_kill(kill);
    }
    for (const uint64_t cgroup_id : changes.oom_kills) {
        vigia_event_oom_kill record{};
        record.kind = VIGIA_EVENT_OOM_KILL;
        record.time_ns = now.monotonic_ns;
        record.cpu = VIGIA_EVENT_ANY_CPU;
        record.cgroup_id = cgroup_id;
        record.valid = VIGIA_EVENT_VALID_CGROUP;
        file.write(record);
    }
}

void EventsPublisher::State::write_kill(const OomKill& kill) {
    vigia_event_oom_kill record{};
    record.kind = VIGIA_EVENT_OOM_KILL;
    record.time_ns =
        messages.empty() ? now.monotonic_ns : std::min(messages.front().time_ns, now.monotonic_ns);
    record.cpu = VIGIA_EVENT_ANY_CPU;
    record.pid = kill.pid;
    record.valid = VIGIA_EVENT_VALID_NAME;
    std::memcpy(record.comm, kill.comm.data(), sizeof(record.comm));
    record.oom_score_adjustment = kill.oom_score_adjustment;
    if (kill.has_memory) {
        record.rss_anon_bytes = kill.rss_anon_bytes;
        record.rss_file_bytes = kill.rss_file_bytes;
        record.rss_shared_bytes = kill.rss_shared_bytes;
        record.valid |= VIGIA_EVENT_VALID_RSS;
    }
    if (kill.has_user) {
        record.uid = kill.uid;
        record.valid |= VIGIA_EVENT_VALID_USER;
    }
    const Identity victim = lives->identify(kill.pid, now);
    record.start_time_ns = victim.start_time_ns;
    record.parent_pid = victim.parent_pid;
    record.cgroup_id = victim.cgroup_id;
    record.valid |= (victim.start_time_ns != 0 ? VIGIA_EVENT_VALID_START_TIME : 0U) |
                    (victim.parent_pid != 0 ? VIGIA_EVENT_VALID_PARENT : 0U) |
                    (victim.cgroup_id != 0 ? VIGIA_EVENT_VALID_CGROUP : 0U);
    file.write(record);
}

// By a deadline or by a quarter of the ring, not with every event.
void EventsPublisher::State::announce() {
    if (file.unannounced() == 0) {
        unannounced_since_ns = 0;
        return;
    }
    if (unannounced_since_ns == 0) {
        unannounced_since_ns = now.monotonic_ns;
    }
    if (file.unannounced() >= file.capacity() / 4 ||
        clock.now().monotonic_ns - unannounced_since_ns >= limits::event_announce_ns) {
        written += file.unannounced();
        file.announce();
        unannounced_since_ns = 0;
    }
}

void EventsPublisher::State::count() {
    told.records = written + file.unannounced();
    told.lost = lost;
    told.overruns = overruns;
    told.malformed = malformed_before + malformed();
    told.processes = lives ? lives->known() : 0;
    told.resting = rests;
    told.unwatched = inputs.cgroups ? inputs.cgroups->unwatched() : 0;
    told.cpu_ns = thread_cpu_ns();
}

} // namespace vigia::publish
