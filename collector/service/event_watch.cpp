// SPDX-License-Identifier: MIT
#include "collector/service/event_watch.h"

#include <fcntl.h>
#include <utility>

namespace vigia::service {

EventWatch::EventWatch(boost::asio::io_context& io_context, source::EventSource& events,
                       std::function<void()> ready)
    : events_(events), ready_(std::move(ready)), descriptor_(io_context) {}

void EventWatch::start() {
    const int duplicate =
        events_.descriptor() < 0 ? -1 : fcntl(events_.descriptor(), F_DUPFD_CLOEXEC, 0);
    if (duplicate < 0) {
        return;
    }
    boost::system::error_code error;
    descriptor_.assign(duplicate, error);
    if (!error) {
        wait();
    }
}

void EventWatch::stop() {
    boost::system::error_code ignored;
    descriptor_.close(ignored);
}

void EventWatch::wait() {
    descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                           [this](boost::system::error_code error) {
                               if (!error) {
                                   ready_();
                                   wait();
                               }
                           });
}

} // namespace vigia::service
