// SPDX-License-Identifier: MIT
#include "test/publish/start.h"
#include "test/publish/subject.h"

namespace vigia::test {
namespace {

class PublisherSubject : public Subject {
public:
    explicit PublisherSubject(const std::string& directory) : publisher_(start(directory)) {}

    Status refresh() override { return publisher_->refresh(); }
    const std::string& directory() const override { return publisher_->directory(); }
    bool is_kernel() const override { return false; }

private:
    std::unique_ptr<publish::Publisher> publisher_;
};

} // namespace

std::unique_ptr<Subject> start_subject(const std::string& directory) {
    return std::make_unique<PublisherSubject>(directory);
}

} // namespace vigia::test
