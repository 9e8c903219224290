#include "enrich/geo/geo_file.hpp"

#include <cstring>
#include <netinet/in.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/rng.hpp"

namespace adbacus {
namespace {

constexpr int kLooks = 256;  // addresses tried before a file is believed

std::string_view text_of(const MMDB_entry_data_s& data) {
  if (!data.has_data || data.type != MMDB_DATA_TYPE_UTF8_STRING) return {};
  return {data.utf8_string, data.data_size};
}

// Whole characters only: a name that is cut ends before the one that does not fit.
template <std::size_t BytesMax>
SmallText<BytesMax> fitting(std::string_view text) {
  std::size_t size = std::min(text.size(), BytesMax);
  while (size > 0 && size < text.size() &&
         (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80U)
    --size;
  return SmallText<BytesMax>(text.substr(0, size));
}

template <class... Path>
MMDB_entry_data_s value_at(MMDB_entry_s& entry, Path... path) {
  MMDB_entry_data_s data{};
  if (MMDB_get_value(&entry, &data, path..., static_cast<const char*>(nullptr)) != MMDB_SUCCESS)
    data.has_data = false;
  return data;
}

bool write_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(to, bytes.data(), bytes.size());
    if (wrote <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

}  // namespace

Result<std::shared_ptr<const GeoFile>> GeoFile::open(std::string_view bytes, std::string name) {
  std::shared_ptr<GeoFile> file(new GeoFile());
  file->memory_ = ::memfd_create("geo", MFD_CLOEXEC);
  if (file->memory_ < 0 || !write_all(file->memory_, bytes))
    return Error{ErrorCode::io, name + ": no memory for a copy"};
  const std::string path = "/proc/self/fd/" + std::to_string(file->memory_);
  const int opened = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &file->db_);
  if (opened != MMDB_SUCCESS) return Error{ErrorCode::corrupt, name + ": " + MMDB_strerror(opened)};
  file->is_open_ = true;
  file->type_ = file->db_.metadata.database_type;
  file->built_us_ = static_cast<TimeUs>(file->db_.metadata.build_epoch) * kSecondUs;
  if (auto sound = file->look_around(); !sound)
    return Error{sound.error().code, name + ": " + sound.error().message};
  return std::shared_ptr<const GeoFile>(std::move(file));
}

GeoFile::~GeoFile() {
  if (is_open_) MMDB_close(&db_);
  if (memory_ >= 0) ::close(memory_);
}

// Reads the records of some addresses, the same ones each time.
Result<void> GeoFile::look_around() const {
  Rng rng(1);
  for (int i = 0; i < kLooks; ++i) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = static_cast<in_addr_t>(rng.next());
    int error = MMDB_SUCCESS;
    MMDB_lookup_result_s found =
        MMDB_lookup_sockaddr(&db_, reinterpret_cast<const sockaddr*>(&address), &error);
    if (error != MMDB_SUCCESS) return Error{ErrorCode::corrupt, MMDB_strerror(error)};
    if (!found.found_entry) continue;
    MMDB_entry_data_list_s* list = nullptr;
    error = MMDB_get_entry_data_list(&found.entry, &list);
    MMDB_free_entry_data_list(list);
    if (error != MMDB_SUCCESS) return Error{ErrorCode::corrupt, MMDB_strerror(error)};
  }
  return {};
}

std::optional<std::uint32_t> GeoFile::find(const http::PeerAddress& address) const {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  const sockaddr* any = nullptr;
  if (address.is_v4()) {
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, address.bytes.data() + 12, 4);
    any = reinterpret_cast<const sockaddr*>(&v4);
  } else {
    v6.sin6_family = AF_INET6;
    std::memcpy(&v6.sin6_addr, address.bytes.data(), 16);
    any = reinterpret_cast<const sockaddr*>(&v6);
  }
  int error = MMDB_SUCCESS;
  const MMDB_lookup_result_s found = MMDB_lookup_sockaddr(&db_, any, &error);
  if (error != MMDB_SUCCESS || !found.found_entry) return std::nullopt;
  return found.entry.offset;
}

void GeoFile::read(std::uint32_t record, GeoPlace& place) const {
  MMDB_entry_s entry{.mmdb = &db_, .offset = record};
  std::string_view country = text_of(value_at(entry, "country", "iso_code"));
  if (country.empty()) country = text_of(value_at(entry, "registered_country", "iso_code"));
  if (country.size() == 2) place.country = SmallText<2>(country);
  const std::string_view region = text_of(value_at(entry, "subdivisions", "0", "iso_code"));
  if (!region.empty()) place.region = fitting<7>(region);
  const std::string_view city = text_of(value_at(entry, "city", "names", "en"));
  if (!city.empty()) place.city = fitting<63>(city);
  const MMDB_entry_data_s asn = value_at(entry, "autonomous_system_number");
  if (asn.has_data && asn.type == MMDB_DATA_TYPE_UINT32) place.asn = asn.uint32;
}

}  // namespace adbacus
