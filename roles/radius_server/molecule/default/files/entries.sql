-- one entry of each kind, as ward.ops.radius_mac_entries writes them (PostgreSQL and SQLite)
DELETE FROM radcheck;
DELETE FROM radusergroup;
DELETE FROM radgroupreply;
INSERT INTO radgroupreply (groupname, attribute, op, value) VALUES
  ('vlan101', 'Tunnel-Type', ':=', 'VLAN'),
  ('vlan101', 'Tunnel-Medium-Type', ':=', 'IEEE-802'),
  ('vlan101', 'Tunnel-Private-Group-Id', ':=', '101'),
  ('vlan999', 'Tunnel-Type', ':=', 'VLAN'),
  ('vlan999', 'Tunnel-Medium-Type', ':=', 'IEEE-802'),
  ('vlan999', 'Tunnel-Private-Group-Id', ':=', '999');
INSERT INTO radcheck (username, attribute, op, value) VALUES
  ('02-4B-54-00-00-0A', 'Cleartext-Password', ':=', '02-4B-54-00-00-0A'),
  ('02-4B-54-00-00-0B', 'Cleartext-Password', ':=', '02-4B-54-00-00-0B'),
  ('02-4B-54-00-00-0C', 'Cleartext-Password', ':=', '02-4B-54-00-00-0C'),
  ('02-4B-54-00-00-0C', 'Expiration', ':=', '1000000000'),
  ('02-4B-54-00-00-0D', 'Cleartext-Password', ':=', '02-4B-54-00-00-0D'),
  ('02-4B-54-00-00-0D', 'Expiration', ':=', '4000000000'),
  ('02-4B-54-00-00-0E', 'Cleartext-Password', ':=', '02-4B-54-00-00-0E');
INSERT INTO radusergroup (username, groupname, priority) VALUES
  ('02-4B-54-00-00-0A', 'vlan101', 1),
  ('02-4B-54-00-00-0B', 'vlan999', 1),
  ('02-4B-54-00-00-0C', 'vlan101', 1),
  ('02-4B-54-00-00-0D', 'vlan101', 1);
